using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>
/// A command's output, as text for people or as JSON for programs: the same names and numbers in both.
/// </summary>
sealed class InspectionReport
{
    // The JSON is not embedded in HTML, so characters outside ASCII are not escaped.
    static readonly JsonWriterOptions Options = new()
    {
        Indented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    readonly List<IReportPart> parts = [];

    /// <summary>Gets the exit code of the command: 1 when the report shows a fault.</summary>
    public int ExitCode { get; init; }

    public InspectionReport Add(IReportPart part)
    {
        parts.Add(part);
        return this;
    }

    public string ToText() => string.Join("\n\n", parts.Select(p => p.Text).Where(t => t.Length > 0));

    public string ToJson()
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Options))
        {
            writer.WriteStartObject();
            foreach (var part in parts)
                part.WriteTo(writer);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
