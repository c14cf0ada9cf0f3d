namespace ConveyorActors.Buffers.Inspection;

/// <summary>A word that a command is given by its place.</summary>
/// <param name="Name">What the help calls it, in capitals.</param>
/// <param name="Description">What it is.</param>
public sealed record InspectionArgument(string Name, string Description)
{
    /// <summary>True when it may be left out. Only the last ones may.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The words that it can be; empty: any.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    internal string Usage => IsOptional ? $"[{Shown}]" : Shown;

    string Shown => Choices.Count == 0 ? Name : string.Join('|', Choices);
}
