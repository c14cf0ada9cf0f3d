using System.Globalization;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>A stored place in a file that is or was followed.</summary>
/// <param name="Offset">The offset in the file.</param>
/// <param name="Identity">The identity by which the file is recognized.</param>
/// <param name="Mark">A mark of bytes that had been read; null: not known.</param>
sealed record FollowedPlace(long Offset, FileIdentity Identity, ReadMark? Mark)
{
    /// <summary>Parses the text of a checkpoint; returns null if the text is not a place.</summary>
    public static FollowedPlace? Parse(string text)
    {
        if (
            text.Split(' ', 5) is not [var offset, var number, var length, var hash, var mark]
            || !long.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
        )
            return null;
        if (FileIdentity.Parse($"{number} {length} {hash}") is not { } identity)
            return null;
        if (mark == ReadMark.None)
            return new(place, identity, null);
        return ReadMark.Parse(mark) is { } read ? new(place, identity, read) : null;
    }

    public override string ToString() =>
        FormattableString.Invariant($"{Offset} {Identity} {Mark?.ToString() ?? ReadMark.None}");
}
