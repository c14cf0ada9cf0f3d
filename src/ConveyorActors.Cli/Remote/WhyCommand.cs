using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>The verb <c>why</c>: explains why a source of a running server is held.</summary>
static class WhyCommand
{
    const string Examples = """
          conveyor why web
          conveyor why web --pipeline-name orders --json
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new RemoteVerb(
            terminal,
            new(
                "why",
                "Explains why a source of a running server is held: which limit or operator holds it, which consumer holds the room, and from when until when.",
                Examples
            )
        );
        var source = new Argument<string?>("SOURCE")
        {
            Description = "The name of a source, as conveyor sources shows it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        verb.Verb.Arguments.Add(source);
        verb.Verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var name = parsed.GetValue(source);
                if (name is null)
                    inputErrors.Add(
                        $"SOURCE is missing; it must be the name of a source, as {Terminal.ProgramName} sources shows it"
                    );
                else
                    inputErrors.Read(Values.Name, "SOURCE", name);
                return verb.RunAsync(
                    parsed,
                    inputErrors,
                    new(HttpMethod.Get, $"v1/why/{Uri.EscapeDataString(name ?? "")}")
                );
            }
        );
        return verb.Verb;
    }
}
