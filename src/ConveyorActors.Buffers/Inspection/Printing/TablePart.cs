using System.Text;
using System.Text.Json;

namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>A table: aligned columns for people, an array of objects for programs.</summary>
/// <param name="name">The array's name.</param>
/// <param name="rows">The items, one per row.</param>
/// <param name="columns">The columns.</param>
/// <param name="whenEmpty">The text to print when there is no row; empty: none.</param>
sealed class TablePart<T>(string name, IReadOnlyList<T> rows, IReadOnlyList<Column<T>> columns, string whenEmpty = "")
    : IReportPart
{
    const string Gap = "  ";

    public string Text
    {
        get
        {
            if (rows.Count == 0)
                return whenEmpty;
            var shown = columns.Where(c => c.IsShown).Select(LayOut).ToArray();
            return string.Join(
                '\n',
                Enumerable
                    .Range(0, rows.Count + 1)
                    .Select(line => string.Join(Gap, shown.Select(c => c[line])).TrimEnd())
            );
        }
    }

    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartArray(name);
        foreach (var row in rows)
        {
            writer.WriteStartObject();
            foreach (var column in columns)
            {
                writer.WritePropertyName(column.Name);
                Cell.Write(writer, column.Value(row));
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>
    /// Returns a column's cells, the header first, all padded to one width. Numbers are right-aligned.
    /// </summary>
    static string[] LayOut(IReadOnlyList<T> rows, Column<T> column)
    {
        object?[] values = [.. rows.Select(column.Value)];
        string[] cells = [column.Header, .. values.Select(Cell.Format)];
        var width = cells.Max(c => c.Length);
        var isNumeric = values.All(v => v is null || Cell.IsNumber(v)) && values.Any(v => v is not null);
        return [.. cells.Select(c => isNumeric ? c.PadLeft(width) : c.PadRight(width))];
    }

    string[] LayOut(Column<T> column) => LayOut(rows, column);
}
