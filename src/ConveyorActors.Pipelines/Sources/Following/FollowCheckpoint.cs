using System.Globalization;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>
/// The stored state of a followed source: the current file, and earlier files to which something may still be added. A
/// source's position counts bytes over all of its files; the checkpoint determines the file that a position is in.
/// </summary>
/// <remarks>
/// The checkpoint is stored before the first line of a file is offered, and after the position up to which the previous
/// file was read. So the position is never before <paramref name="Base"/>.
/// </remarks>
/// <param name="Base">The source's position at <paramref name="Current"/>.</param>
/// <param name="Since">
/// The number of the newest file in the directory that is named like a rotated file of this source but is none; null:
/// there was none.
/// </param>
/// <param name="Current">The file being read, and the offset where reading it began.</param>
/// <param name="Earlier">The earlier files, and the offsets up to which they have been read.</param>
sealed record FollowCheckpoint(long Base, string? Since, FollowedPlace Current, IReadOnlyList<FollowedPlace> Earlier)
{
    const string Key = "follow ",
        None = "-";

    /// <summary>Returns the key of a source's checkpoint.</summary>
    public static string GetKey(string source) => Key + source;

    /// <summary>Returns the offset in the current file for a position of the source.</summary>
    public long GetOffset(SourcePosition position) => Current.Offset + (position.Offset - Base);

    /// <summary>Parses the text of a checkpoint; returns null if the text is not valid.</summary>
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
