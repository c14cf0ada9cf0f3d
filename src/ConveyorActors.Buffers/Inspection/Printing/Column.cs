namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>A column of a table.</summary>
/// <param name="Name">The property's name in JSON, in camel case; the header is the same in capitals.</param>
/// <param name="Value">Returns a row's value.</param>
/// <param name="IsShown">False when the column is only in JSON, because a table has no room for it.</param>
sealed record Column<T>(string Name, Func<T, object?> Value, bool IsShown = true)
{
    public string Header => Cell.SplitWords(Name).ToUpperInvariant();
}
