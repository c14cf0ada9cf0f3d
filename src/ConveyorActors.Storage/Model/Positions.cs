using System.Globalization;
using ConveyorActors.Storage.Writing;

namespace ConveyorActors.Storage.Model;

/// <summary>The positions of sources, which are kept as notes.</summary>
static class Positions
{
    /// <summary>Null when it is a note of another kind.</summary>
    public static (string Source, SourcePosition Position)? Of(NoteRow note)
    {
        if (!note.Key.StartsWith(Changes.PositionKey, StringComparison.Ordinal))
            return null;
        var numbers = note.Value.Split(' ');
        return (
            note.Key[Changes.PositionKey.Length..],
            new(
                long.Parse(numbers[0], CultureInfo.InvariantCulture),
                long.Parse(numbers[1], CultureInfo.InvariantCulture)
            )
        );
    }
}
