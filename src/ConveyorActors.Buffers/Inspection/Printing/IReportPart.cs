using System.Text.Json;

namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>A part of a report.</summary>
interface IReportPart
{
    /// <summary>Gets the part as text for people; empty: the part is only for programs.</summary>
    string Text { get; }

    /// <summary>Writes the part's properties into the report's object.</summary>
    void WriteTo(Utf8JsonWriter writer);
}
