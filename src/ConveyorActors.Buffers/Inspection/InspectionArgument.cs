namespace ConveyorActors.Buffers.Inspection;

/// <summary>A positional argument of a command.</summary>
/// <param name="Name">The argument's name in the help, in capitals.</param>
/// <param name="Description">The argument's meaning.</param>
public sealed record InspectionArgument(string Name, string Description)
{
    /// <summary>Gets whether the argument may be omitted. Only the last arguments may.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Gets the values allowed; empty: any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    internal string Usage => IsOptional ? $"[{Shown}]" : Shown;

    string Shown => Choices.Count == 0 ? Name : string.Join('|', Choices);
}
