namespace ConveyorActors.Buffers.Inspection;

/// <summary>
/// The exception that is thrown when a command cannot be run. The message is for the operator and contains the word,
/// its value and the values allowed.
/// </summary>
sealed class InspectionException(int exitCode, string message) : Exception(message)
{
    /// <summary>The exit code when the command could not be carried out.</summary>
    public const int Failed = 1;

    /// <summary>The exit code when the command itself is invalid.</summary>
    public const int WrongUsage = 2;

    public int ExitCode { get; } = exitCode;

    /// <summary>Gets whether the error is the name of something that does not exist.</summary>
    public bool IsUnknown { get; private init; }

    /// <summary>Returns the exception for the name of something that does not exist.</summary>
    /// <param name="word">The argument's name in the help.</param>
    /// <param name="value">The name.</param>
    /// <param name="what">The kind of thing, such as "pipeline".</param>
    /// <param name="there">The existing names.</param>
    public static InspectionException CreateUnknown(
        string word,
        string value,
        string what,
        IReadOnlyCollection<string> there
    ) =>
        new(Failed, $"{word} is '{value}', and there is no {what} of that name; {DescribeRight(value, what, there)}")
        {
            IsUnknown = true,
        };

    /// <summary>Returns the exception for a word that is not among the allowed ones.</summary>
    public static InspectionException CreateNotOneOf(string word, string value, IReadOnlyCollection<string> choices) =>
        new(
            WrongUsage,
            $"{word} is '{value}'; it must be one of {string.Join(", ", choices)}{(NearestName.Find(value, choices) is { } near ? $"; did you mean '{near}'?" : "")}"
        );

    static string DescribeRight(string value, string what, IReadOnlyCollection<string> there)
    {
        const int most = 10;
        if (there.Count == 0)
            return $"there is no {what} yet";
        if (NearestName.Find(value, there) is { } near)
            return $"did you mean '{near}'?";
        var names = string.Join(", ", there.Order(StringComparer.Ordinal).Take(most).Select(n => $"'{n}'"));
        return there.Count <= most
            ? $"it must be one of {names}"
            : $"it must be one of {names}, and {there.Count - most} more";
    }
}
