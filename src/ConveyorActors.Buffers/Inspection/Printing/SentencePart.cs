using System.Text.Json;

namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>A sentence for people. Programs read the values instead.</summary>
sealed class SentencePart(string sentence) : IReportPart
{
    public string Text => sentence;

    public void WriteTo(Utf8JsonWriter writer) { }
}
