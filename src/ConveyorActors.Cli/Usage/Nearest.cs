using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Cli.Usage;

/// <summary>Suggests the intended word for a mistyped one.</summary>
static class Nearest
{
    /// <summary>Returns "; did you mean X?" or an empty string.</summary>
    public static string Guess(string word, IEnumerable<string> candidates) =>
        NearestName.Find(word, candidates) is { } guess ? $"; did you mean {guess}?" : "";
}
