namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>Where a followed source begins in this run.</summary>
/// <param name="Current">The open file that is read first; null: there is none yet.</param>
/// <param name="Position">The source's position there.</param>
/// <param name="Earlier">Open files that were read before it, to which something may still be added.</param>
/// <param name="Newest">
/// The file that came last to the path in an earlier run, whether or not it is still there; null: there was none.
/// </param>
/// <param name="IsNew">True when nothing of the source is kept yet.</param>
sealed record FollowStart(
    FollowedFile? Current,
    SourcePosition Position,
    IReadOnlyList<FollowedFile> Earlier,
    FollowedPlace? Newest,
    bool IsNew
)
{
    /// <summary>
    /// The inode of the newest file in its directory that is named like a rotated file of this source and is none;
    /// null: there was none.
    /// </summary>
    public string? Since { get; init; }
}
