namespace ConveyorActors.Buffers.Inspection;

/// <summary>What a command is given by name.</summary>
/// <param name="Name">Its name, without the dashes before it.</param>
/// <param name="Value">What the help calls its value, in capitals; null: it has none.</param>
/// <param name="Description">What it does.</param>
public sealed record InspectionOption(string Name, string? Value, string Description)
{
    internal string Usage => Value is null ? $"--{Name}" : $"--{Name} {Value}";
}
