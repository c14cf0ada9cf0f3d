using ConveyorActors.Buffers.Inspection;

namespace ConveyorActors.Cli.Usage;

/// <summary>Says what a mistyped word was meant to be.</summary>
static class Nearest
{
    /// <summary>"; did you mean X?" or nothing.</summary>
    public static string Guess(string word, IEnumerable<string> candidates) =>
        NearestName.To(word, candidates) is { } guess ? $"; did you mean {guess}?" : "";
}
