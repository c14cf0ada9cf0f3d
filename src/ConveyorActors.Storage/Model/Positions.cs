using System.Globalization;

namespace ConveyorActors.Storage.Model;

/// <summary>The positions of sources, which are stored as checkpoints.</summary>
static class Positions
{
    /// <summary>The prefix of the keys of such rows; the source follows.</summary>
    public const string KeyPrefix = "\u0001position ";

    /// <summary>Returns the position in a row; null: the row holds another checkpoint.</summary>
    public static (string Source, SourcePosition Position)? Parse(CheckpointRow checkpoint)
    {
        if (!checkpoint.Key.StartsWith(KeyPrefix, StringComparison.Ordinal))
            return null;
        var numbers = checkpoint.Value.Split(' ');
        return (
            checkpoint.Key[KeyPrefix.Length..],
            new(
                long.Parse(numbers[0], CultureInfo.InvariantCulture),
                long.Parse(numbers[1], CultureInfo.InvariantCulture)
            )
        );
    }
}
