namespace ConveyorActors.Buffers.Inspection;

/// <summary>An option of a command.</summary>
/// <param name="Name">The option's name, without the dashes before it.</param>
/// <param name="Value">The name of its value in the help, in capitals; null: the option is a flag.</param>
/// <param name="Description">The option's effect.</param>
public sealed record InspectionOption(string Name, string? Value, string Description)
{
    internal string Usage => Value is null ? $"--{Name}" : $"--{Name} {Value}";
}
