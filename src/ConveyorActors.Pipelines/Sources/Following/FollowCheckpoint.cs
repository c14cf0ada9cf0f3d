using System.Globalization;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// What is kept of a followed source: the file that is read and those before it to which something may still be added.
/// A source's position counts bytes over all of its files; this says which file a position is in.
/// </summary>
/// <remarks>
/// It is told before the first line of a file is offered, and after the position up to which the file before it was
/// read. So the position is never before
/// <paramref name="Base"/>.
/// </remarks>
/// <param name="Base">The source's position at <paramref name="Current"/>.</param>
/// <param name="Since">
/// The inode of the newest file in its directory that is named like a rotated file of this source and is none; null:
/// there was none.
/// </param>
/// <param name="Current">The file that is read, and where that began.</param>
/// <param name="Earlier">The files before it, and up to where they have been read.</param>
sealed record FollowCheckpoint(long Base, string? Since, FollowedPlace Current, IReadOnlyList<FollowedPlace> Earlier)
{
    const string Key = "follow ",
        None = "-";

    /// <summary>The key for a source.</summary>
    public static string KeyOf(string source) => Key + source;

    /// <summary>Where in the current file a position of the source is.</summary>
    public long OffsetOf(SourcePosition position) => Current.Offset + (position.Offset - Base);

    /// <summary>Null when it is no such checkpoint.</summary>
    public static FollowCheckpoint? Parse(string text)
    {
        var lines = text.Split('\n');
        if (
            lines[0].Split(' ', 3) is not [var start, var since, var current]
            || !long.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
        )
            return null;
        FollowedPlace?[] places = [FollowedPlace.Parse(current), .. lines[1..].Select(FollowedPlace.Parse)];
        return places.Any(p => p is null)
            ? null
            : new(offset, since == None ? null : since, places[0]!, [.. places[1..].Select(p => p!)]);
    }

    public override string ToString() =>
        string.Join(
            '\n',
            [FormattableString.Invariant($"{Base} {Since ?? None} {Current}"), .. Earlier.Select(e => e.ToString())]
        );
}
