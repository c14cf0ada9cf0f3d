namespace ConveyorActors.Buffers.Inspection;

/// <summary>A command that cannot be carried out. The message is for the operator: the word, its value and what would be right.</summary>
sealed class InspectionException(int exitCode, string message) : Exception(message)
{
    /// <summary>What was asked for cannot be had.</summary>
    public const int Failed = 1;

    /// <summary>The command is wrong in itself.</summary>
    public const int WrongUsage = 2;

    public int ExitCode { get; } = exitCode;

    /// <summary>A name of something that is not there.</summary>
    /// <param name="word">What the help calls it.</param>
    /// <param name="value">The name.</param>
    /// <param name="what">What it should name: "pipeline", say.</param>
    /// <param name="there">The names that there are.</param>
    public static InspectionException Unknown(string word, string value, string what, IReadOnlyCollection<string> there) => new(
        Failed, $"{word} is '{value}', and there is no {what} of that name; {Right(value, what, there)}");

    /// <summary>A word that is none of a fixed few.</summary>
    public static InspectionException NotOneOf(string word, string value, IReadOnlyCollection<string> choices) => new(
        WrongUsage, $"{word} is '{value}'; it must be one of {string.Join(", ", choices)}{(NearestName.To(value, choices) is { } near ? $"; did you mean '{near}'?" : "")}");

    static string Right(string value, string what, IReadOnlyCollection<string> there)
    {
        const int most = 10;
        if (there.Count == 0) return $"there is no {what} yet";
        if (NearestName.To(value, there) is { } near) return $"did you mean '{near}'?";
        var names = string.Join(", ", there.Order(StringComparer.Ordinal).Take(most));
        return there.Count <= most ? $"it must be one of {names}" : $"it must be one of {names}, and {there.Count - most} more";
    }
}
