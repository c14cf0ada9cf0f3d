using System.Text.Json;

namespace ConveyorActors.Node.Journals;

/// <summary>Writes values into HOCON.</summary>
static class HoconText
{
    /// <summary>Returns a text as a quoted string of HOCON.</summary>
    public static string Quote(string text) => JsonSerializer.Serialize(text);
}
