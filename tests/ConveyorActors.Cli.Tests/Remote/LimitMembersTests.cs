using System.CommandLine;
using ConveyorActors.Cli.Remote;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Tests.Remote;

public class LimitMembersTests
{
    [Fact]
    public void Flags_become_members_in_camel_case_and_off_becomes_null()
    {
        var (members, errors) = Read(
            "--max-per-stage",
            "50000",
            "--max-total-bytes",
            "off",
            "--max-bytes-per-source",
            "1KiB",
            "--low-watermark",
            "0.25"
        );
        Assert.Empty(errors.All);
        Assert.Equal(
            """{"maxPerStage":50000,"maxTotalBytes":null,"maxBytesPerSource":1024,"lowWatermark":0.25}""",
            LimitMembers.CreateBody(members)
        );
    }

    [Fact]
    public void A_missing_flag_sets_no_member()
    {
        var (members, errors) = Read();
        Assert.Empty(errors.All);
        Assert.Equal("{}", LimitMembers.CreateBody(members));
    }

    [Fact]
    public void A_wrong_limit_is_an_error_and_no_member()
    {
        var (members, errors) = Read("--max-per-stage", "off");
        Assert.StartsWith("--max-per-stage is 'off'", Assert.Single(errors.All), StringComparison.Ordinal);
        Assert.Empty(members);
    }

    static (IReadOnlyList<(string Flag, string Value)> Members, InputErrors Errors) Read(params string[] arguments)
    {
        var limits = new LimitMembers();
        var command = new Command("limits");
        foreach (var flag in limits.Flags)
            command.Options.Add(flag);
        var errors = new InputErrors();
        return (limits.Read(command.Parse(arguments), errors), errors);
    }
}
