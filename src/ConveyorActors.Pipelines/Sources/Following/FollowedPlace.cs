using System.Globalization;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>A place in a file that is or was followed, as it is kept for the next run.</summary>
/// <param name="Offset">The place.</param>
/// <param name="Identity">What the file is known by.</param>
/// <param name="Mark">What the bytes before some place that had been read were; null: not known.</param>
sealed record FollowedPlace(long Offset, FileIdentity Identity, ReadMark? Mark)
{
    /// <summary>Null when it is no place.</summary>
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
