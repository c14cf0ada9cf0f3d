using Akka.Actor;
using ConveyorActors.Buffers.Inspection;
using Petabridge.Cmd;
using Petabridge.Cmd.Host;

namespace ConveyorActors.Pbm;

/// <summary>
/// Executes the palette's commands for one connection: passes each command to the command core and its reply to the
/// client.
/// </summary>
sealed class ConveyorCommandHandler : CommandHandlerActor
{
    readonly InspectionCore core;

    public ConveyorCommandHandler(InspectionCore core)
        : base(ConveyorPalette.Palette)
    {
        this.core = core;
        foreach (var command in InspectionCore.Commands)
            Process(command.Name, given => Run(command.Name, given));
    }

    public static Props Props(InspectionCore core) => Akka.Actor.Props.Create(() => new ConveyorCommandHandler(core));

    void Run(string name, Command given)
    {
        (string Name, string? Value)[] named = [.. given.Arguments.Select(a => (a.Item1, (string?)a.Item2))];
        core.RunAsync(name, named)
            .AsTask()
            .PipeTo(Sender, Self, CreateResponse, static failure => new ErroredCommandResponse(failure.Message));
    }

    static object CreateResponse(InspectionReply reply) =>
        reply.IsError ? new ErroredCommandResponse(reply.Text) : new CommandResponse(reply.Text);
}
