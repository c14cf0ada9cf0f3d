using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>The verb <c>limits</c>.</summary>
static class LimitsCommand
{
    const string Show = "show",
        Set = "set";

    const string Examples = """
          conveyor limits show
          conveyor limits set --max-per-stage 50000 --plan
          conveyor limits set --max-per-stage 50000 --max-total-bytes off
        """;

    static readonly ValueKind<long?> BytesOrOff = new(
        "a size such as 64MiB, at least 1B, or off",
        (string text, out long? value) =>
        {
            var isSize = Values.Bytes.TryRead(text, out var bytes);
            value = isSize ? bytes : null;
            return isSize || text == "off";
        }
    );

    public static Command Create(Terminal terminal)
    {
        var verb = new RemoteVerb(
            terminal,
            new("limits", "Shows the limits of a running server's pipeline, or sets some of them.", Examples)
        );
        var action = new Argument<string?>("ACTION") { Description = "show or set.", Arity = ArgumentArity.ZeroOrOne };
        Flag[] records =
        [
            Records("--max-total-records", "in the pipeline"),
            Records("--max-per-stage", "in each stage"),
            Records("--max-per-source", "of each source"),
        ];
        Flag[] bytes =
        [
            Bytes("--max-total-bytes", "in the pipeline"),
            Bytes("--max-bytes-per-stage", "in each stage"),
            Bytes("--max-bytes-per-source", "of each source"),
        ];
        Flag[] fills =
        [
            Flag.One(
                "--backpressure-threshold",
                "FILL",
                "The high watermark: a source is paused at this fill.",
                Values.Threshold
            ),
            Flag.One("--low-watermark", "FILL", "A source goes on at full speed at this fill.", Values.Threshold),
        ];
        var plan = new Option<bool>("--plan")
        {
            Description = "Only tell what the new limits would refuse, evict and pause.",
        };
        verb.Verb.Arguments.Add(action);
        foreach (var option in (Option[])[.. records, .. bytes, .. fills, plan])
            verb.Verb.Options.Add(option);
        verb.Verb.SetAction(
            (parsed, _) =>
            {
                var inputErrors = new InputErrors();
                var members = new List<(string Flag, string Value)>();
                foreach (var flag in records)
                    if (inputErrors.Read(Values.Records, flag.Name, flag.Text(parsed)) is { } given)
                        members.Add((flag.Name, given.Value.ToString(CultureInfo.InvariantCulture)));
                foreach (var flag in bytes)
                    if (inputErrors.Read(BytesOrOff, flag.Name, flag.Text(parsed)) is { } given)
                        members.Add((flag.Name, given.Value?.ToString(CultureInfo.InvariantCulture) ?? "null"));
                foreach (var flag in fills)
                    if (inputErrors.Read(Values.Threshold, flag.Name, flag.Text(parsed)) is { } given)
                        members.Add((flag.Name, given.Value.ToString("0.######", CultureInfo.InvariantCulture)));
                var isPlan = parsed.GetValue(plan);
                CheckAction(inputErrors, parsed.GetValue(action), members.Count > 0, isPlan);
                return verb.RunAsync(
                    parsed,
                    inputErrors,
                    parsed.GetValue(action) == Set
                        ? new(HttpMethod.Put, "v1/limits", isPlan ? "dryRun=true" : "", Body(members))
                        : new(HttpMethod.Get, "v1/limits")
                );
            }
        );
        return verb.Verb;
    }

    static void CheckAction(InputErrors inputErrors, string? action, bool hasLimits, bool isPlan)
    {
        if (action is null)
            inputErrors.Add($"ACTION is missing; it must be {Show} or {Set}");
        else if (action is not (Show or Set))
            inputErrors.Wrong("ACTION", action, $"{Show} or {Set}");
        else if (action == Show && (hasLimits || isPlan))
            inputErrors.Add($"ACTION is '{Show}'; with limits or --plan it must be {Set}");
        else if (action == Set && !hasLimits && !inputErrors.Any)
            inputErrors.Add($"ACTION is '{Set}', but no limit is given; give at least one, such as --max-per-stage N");
    }

    static string Body(List<(string Flag, string Value)> members)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (var (flag, value) in members)
            {
                json.WritePropertyName(MemberOf(flag));
                json.WriteRawValue(value);
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>"--max-per-stage" is "maxPerStage".</summary>
    static string MemberOf(string flag) =>
        string.Concat(
            flag.TrimStart('-').Split('-').Select((w, i) => i == 0 ? w : char.ToUpperInvariant(w[0]) + w[1..])
        );

    static Flag Records(string name, string where) => Flag.One(name, "N", $"Records {where} at most.", Values.Records);

    static Flag Bytes(string name, string where) =>
        Flag.One(name, "SIZE", $"Bytes {where} at most, or off.", BytesOrOff);
}
