using System.Text.Json;

namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>Single values: a line each for people, a property each for programs.</summary>
/// <param name="values">The values by their names, in camel case.</param>
/// <param name="isShown">False when the values are only for programs.</param>
sealed class ValuesPart(IReadOnlyList<(string Name, object? Value)> values, bool isShown = true) : IReportPart
{
    public string Text
    {
        get
        {
            if (!isShown)
                return "";
            var width = values.Max(v => Cell.SplitWords(v.Name).Length);
            return string.Join(
                '\n',
                values.Select(v => $"{Cell.SplitWords(v.Name).PadRight(width)}  {Cell.Format(v.Value)}")
            );
        }
    }

    public void WriteTo(Utf8JsonWriter writer)
    {
        foreach (var (name, value) in values)
        {
            writer.WritePropertyName(name);
            Cell.Write(writer, value);
        }
    }
}
