namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>A column of a table.</summary>
/// <param name="Name">The property's name in JSON, in camel case; the header says the same in capitals.</param>
/// <param name="Value">What a row has there.</param>
/// <param name="IsShown">False: only for programs, which have no line to fit into.</param>
sealed record Column<T>(string Name, Func<T, object?> Value, bool IsShown = true)
{
    public string Header => Cell.Words(Name).ToUpperInvariant();
}
