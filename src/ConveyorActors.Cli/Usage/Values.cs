using System.Globalization;
using ConveyorActors.Buffers;
using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Usage;

/// <summary>
/// The kinds of values that flags and pipeline files share. Their ranges are those of the settings they are used for.
/// </summary>
static class Values
{
    const int MaxRecords = 2_000_000_000;

    public static readonly ValueKind<int> Batch = CreateWholeNumber(1, 1_000_000, " lines");
    public static readonly ValueKind<int> Workers = CreateWholeNumber(1, 1024, " commands at a time");
    public static readonly ValueKind<int> Retries = CreateWholeNumber(0, 1_000_000);
    public static readonly ValueKind<int> Records = CreateWholeNumber(1, MaxRecords, " records");
    public static readonly ValueKind<int> ExitCode = CreateWholeNumber(0, 255);
    public static readonly ValueKind<int> Seconds = CreateWholeNumber(1, 3600, " seconds");

    public static readonly ValueKind<long> Bytes = CreateSize(
        1,
        1L << 50,
        "such as 64MiB, from 1B to 1024TiB; the units are B, KiB, MiB, GiB, TiB, KB, MB, GB and TB"
    );
    public static readonly ValueKind<long> Line = CreateSize(1, 1L << 30, "such as 1MiB, from 1B to 1GiB");

    public static readonly ValueKind<TimeSpan> Duration = new(
        "a duration such as 500ms, 5s or 2m, from 1ms to 40d",
        DurationText.TryRead
    );

    public static readonly ValueKind<double> Threshold = new(
        "a number above 0 and at most 1, such as 0.8",
        (string text, out double value) =>
            double.TryParse(
                text,
                NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                CultureInfo.InvariantCulture,
                out value
            ) && value is > 0 and <= 1,
        IsNumber: true
    );

    public static readonly ValueKind<FullMode> FullMode = CreateChoice(
        ("wait", Buffers.FullMode.Wait),
        ("reject", Buffers.FullMode.Reject),
        ("drop-oldest", Buffers.FullMode.DropOldest),
        ("drop-newest", Buffers.FullMode.DropNewest)
    );

    public static readonly ValueKind<LastLineMode> LastLine = CreateChoice(
        ("take", LastLineMode.Take),
        ("keep", LastLineMode.Keep)
    );

    /// <summary>The action for files that have changed since the last run; the only one so far is "accept".</summary>
    public static readonly ValueKind<bool> Changed = new(
        "accept",
        (string text, out bool value) => value = text == "accept"
    );

    public static readonly ValueKind<StageFailureMode> OnStageFailure = CreateChoice(
        ("pause", StageFailureMode.Pause),
        ("stop", StageFailureMode.Stop),
        ("dead-letter", StageFailureMode.DeadLetter)
    );

    /// <summary>The name of a source, stage or pipeline.</summary>
    public static readonly ValueKind<string> Name = new(
        "a name of 1 to 200 characters without control characters",
        (string text, out string value) => (value = text) is { Length: >= 1 and <= 200 } && !text.Any(char.IsControl)
    );

    public static readonly ValueKind<string> SourcePath = new("a path, or - for standard input", IsNotBlank);

    public static readonly ValueKind<string> SinkPath = new("a path, or - for standard output", IsNotBlank);

    public static readonly ValueKind<string> FilePath = new(
        "the path of a file",
        (string text, out string value) => IsNotBlank(text, out value) && text != "-"
    );

    public static readonly ValueKind<string> DirectoryPath = new(
        "the path of a directory",
        (string text, out string value) => IsNotBlank(text, out value) && text != "-" && !File.Exists(text)
    );

    public static readonly ValueKind<string> Command = new("a shell command such as \"cut -f1,3\"", IsNotBlank);

    public static ValueKind<int> CreateWholeNumber(int least, int most, string unit = "") =>
        new(
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {least:N0} to {most:N0}{unit}"),
            (string text, out int value) =>
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
                && value >= least
                && value <= most,
            IsNumber: true
        );

    public static ValueKind<T> CreateChoice<T>(params (string Name, T Value)[] choices) =>
        new(
            string.Join(", ", choices.SkipLast(1).Select(c => c.Name)) + " or " + choices[^1].Name,
            (string text, out T value) =>
            {
                var found = Array.FindIndex(choices, c => c.Name == text);
                value = choices[Math.Max(0, found)].Value;
                return found >= 0;
            }
        );

    static ValueKind<long> CreateSize(long least, long most, string range) =>
        new(
            "a size " + range,
            (string text, out long value) => SizeText.TryRead(text, out value) && value >= least && value <= most
        );

    static bool IsNotBlank(string text, out string value) =>
        !string.IsNullOrWhiteSpace(value = text) && !text.Contains('\0');
}
