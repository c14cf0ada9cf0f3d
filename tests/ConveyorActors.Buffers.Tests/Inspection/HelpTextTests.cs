namespace ConveyorActors.Buffers.Tests.Inspection;

/// <summary>What commands say of themselves.</summary>
public sealed class HelpTextTests : InspectedShop
{
    [Fact]
    public async Task The_help_names_every_command_in_a_line()
    {
        await Prints(
            "help",
            """
            usage: COMMAND [ARGUMENTS] [--json]

              pipelines     lists the pipelines with their numbers
              stages        lists the stages of a pipeline with their numbers, and those that an operator holds
              sources       lists the sources of a pipeline with their signals and numbers, and those that an operator holds
              why           explains why a source is held: which limit or operator holds it, which consumer holds the room, and from when until when
              credits       shows how much room is granted to sources as credits, and how much more they could get now
              dead-letters  lists the records that stages gave up on, offers them to their stage again, or removes them for good
              pause         holds a source, so that nothing more is accepted of it, or a stage, so that it gives no more leases
              resume        resumes a source or a stage that an operator holds
              drain         stops a pipeline: it refuses new offers, lets its consumers finish until a deadline, and reports what remains
              limits        shows the limits of a pipeline, or sets some of them while it runs
              stats         shows all numbers of a pipeline, its stages and its sources, taken at one moment
              audit         shows at every level that offered = settled + lost by reason + pending, and fails where it is not so

            help COMMAND shows details.
            """
        );
    }

    [Fact]
    public async Task The_help_of_a_command_names_its_arguments_and_options()
    {
        await Prints(
            "help why",
            """
            usage: why PIPELINE SOURCE [--json]

            Explains why a source is held: which limit or operator holds it, which consumer holds the room, and from when until when.

              PIPELINE  the name of a pipeline
              SOURCE    the name of a source
              --json    print JSON instead of tables
            """
        );
        await Prints(
            "dead-letters --help",
            """
            usage: dead-letters list|replay|purge PIPELINE [STAGE] [--max N] [--json]

            Lists the records that stages gave up on, offers them to their stage again, or removes them for good. The oldest come first. Replaying stops where there is no more room.

              ACTION    list or replay or purge: what to do with them
              PIPELINE  the name of a pipeline
              STAGE     the name of a stage; where none is given, those of all stages are listed
              --max N   at most so many; 20 of each stage when listing, otherwise all
              --json    print JSON instead of tables
            """
        );
        await Prints(
            "help pause",
            """
            usage: pause PIPELINE source|stage NAME [--json]

            Holds a source, so that nothing more is accepted of it, or a stage, so that it gives no more leases. The hold stays until resume, also through restarts if the pipeline stores its records. A source or stage that does not exist yet is held once it is created.

              PIPELINE  the name of a pipeline
              TARGET    source or stage: whether NAME is a source or a stage
              NAME      the name of a source or stage
              --json    print JSON instead of tables
            """
        );
    }

    [Fact]
    public async Task The_help_of_every_command_names_all_of_its_flags_and_arguments()
    {
        foreach (var command in Buffers.Inspection.InspectionCore.Commands)
        {
            var help = await Print($"help {command.Name}");
            Assert.Equal(help, Buffers.Inspection.InspectionCore.GetHelp(command.Name));
            Assert.StartsWith($"usage: {command.Name}", help, StringComparison.Ordinal);
            foreach (var argument in command.Arguments)
                Assert.Contains($"  {argument.Name} ", help, StringComparison.Ordinal);
            foreach (var option in command.Options)
                Assert.Contains($"  --{option.Name}", help, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Help_for_an_unknown_command_is_refused() =>
        Assert.StartsWith(
            "the command is 'whi'; it must be one of",
            Assert.Throws<ArgumentException>(() => Buffers.Inspection.InspectionCore.GetHelp("whi")).Message,
            StringComparison.Ordinal
        );
}
