using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Remote;

/// <summary>The limits that <c>limits set</c> accepts as flags, with their JSON members.</summary>
sealed class LimitMembers
{
    static readonly ValueKind<long?> BytesOrOff = new(
        "a size such as 64MiB, at least 1B, or off",
        (string text, out long? value) =>
        {
            var isSize = Values.Bytes.TryRead(text, out var bytes);
            value = isSize ? bytes : null;
            return isSize || text == "off";
        }
    );

    readonly Flag[] records =
    [
        CreateRecordsFlag("--max-total-records", "in the pipeline"),
        CreateRecordsFlag("--max-per-stage", "in each stage"),
        CreateRecordsFlag("--max-per-source", "of each source"),
    ];
    readonly Flag[] bytes =
    [
        CreateBytesFlag("--max-total-bytes", "in the pipeline"),
        CreateBytesFlag("--max-bytes-per-stage", "in each stage"),
        CreateBytesFlag("--max-bytes-per-source", "of each source"),
    ];
    readonly Flag[] fills =
    [
        Flag.CreateSingle(
            "--backpressure-threshold",
            "FILL",
            "The high watermark: a source is paused at this fill.",
            Values.Threshold
        ),
        Flag.CreateSingle("--low-watermark", "FILL", "A source resumes full speed at this fill.", Values.Threshold),
    ];

    /// <summary>Gets the flags in the order in which the help shows them.</summary>
    public IReadOnlyList<Flag> Flags => [.. records, .. bytes, .. fills];

    /// <summary>Reads the given limits. Returns the flag of each and its value as JSON.</summary>
    public IReadOnlyList<(string Flag, string Value)> Read(ParseResult parsed, InputErrors inputErrors)
    {
        var members = new List<(string Flag, string Value)>();
        foreach (var flag in records)
            if (flag.Read(parsed, Values.Records, inputErrors) is { } given)
                members.Add((flag.Name, given.Value.ToString(CultureInfo.InvariantCulture)));
        foreach (var flag in bytes)
            if (flag.Read(parsed, BytesOrOff, inputErrors) is { } given)
                members.Add((flag.Name, given.Value?.ToString(CultureInfo.InvariantCulture) ?? "null"));
        foreach (var flag in fills)
            if (flag.Read(parsed, Values.Threshold, inputErrors) is { } given)
                members.Add((flag.Name, given.Value.ToString("0.######", CultureInfo.InvariantCulture)));
        return members;
    }

    /// <summary>Returns the JSON object with the limits.</summary>
    public static string CreateBody(IReadOnlyList<(string Flag, string Value)> members)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (var (flag, value) in members)
            {
                json.WritePropertyName(FormatMemberName(flag));
                json.WriteRawValue(value);
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>Returns the JSON member of a flag, such as "maxPerStage" for "--max-per-stage".</summary>
    static string FormatMemberName(string flag) =>
        string.Concat(
            flag.TrimStart('-').Split('-').Select((w, i) => i == 0 ? w : char.ToUpperInvariant(w[0]) + w[1..])
        );

    static Flag CreateRecordsFlag(string name, string where) =>
        Flag.CreateSingle(name, "N", $"Maximum records {where}.", Values.Records);

    static Flag CreateBytesFlag(string name, string where) =>
        Flag.CreateSingle(name, "SIZE", $"Maximum bytes {where}, or off.", BytesOrOff);
}
