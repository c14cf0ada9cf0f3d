using System.CommandLine;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>The verb <c>limits</c>: shows or sets the limits of a running server's pipeline.</summary>
static class LimitsCommand
{
    const string Show = "show",
        Set = "set";

    const string Examples = """
          conveyor limits
          conveyor limits set --max-per-stage 50000 --plan
          conveyor limits set --max-per-stage 50000 --max-total-bytes off
        """;

    public static Command Create(Terminal terminal)
    {
        var verb = new RemoteVerb(
            terminal,
            new("limits", "Shows the limits of a running server's pipeline, or sets some of them.", Examples)
        );
        var action = new Argument<string?>("ACTION")
        {
            Description = "show (the default) or set.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var limits = new LimitMembers();
        var plan = new Option<bool>("--plan")
        {
            Description = "Only report what the new limits would refuse, evict and pause.",
        };
        verb.Verb.Arguments.Add(action);
        foreach (var option in (Option[])[.. limits.Flags, plan])
            verb.Verb.Options.Add(option);
        verb.Verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var members = limits.Read(parsed, inputErrors);
                var isPlan = parsed.GetValue(plan);
                CheckAction(inputErrors, parsed.GetValue(action), members.Count > 0, isPlan);
                return verb.RunAsync(
                    parsed,
                    inputErrors,
                    parsed.GetValue(action) == Set
                        ? new(
                            HttpMethod.Put,
                            "v1/limits",
                            isPlan ? "dryRun=true" : "",
                            LimitMembers.CreateBody(members)
                        )
                        : new(HttpMethod.Get, "v1/limits")
                );
            }
        );
        return verb.Verb;
    }

    static void CheckAction(InputErrors inputErrors, string? action, bool hasLimits, bool isPlan)
    {
        if (action is null && (hasLimits || isPlan))
            inputErrors.Add($"ACTION is missing; with limits or --plan it must be {Set}");
        else if (action is not (null or Show or Set))
            inputErrors.AddWrong("ACTION", UrlText.HideUserInfoIfUrl(action), $"{Show} or {Set}");
        else if (action == Show && (hasLimits || isPlan))
            inputErrors.Add($"ACTION is '{Show}'; with limits or --plan it must be {Set}");
        else if (action == Set && !hasLimits && !inputErrors.Any)
            inputErrors.Add($"ACTION is '{Set}', but no limit is given; give at least one, such as --max-per-stage N");
    }
}
