namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>The start of a followed source in this run.</summary>
/// <param name="Current">The open file that is read first; null: there is none yet.</param>
/// <param name="Position">The source's position at the start.</param>
/// <param name="Earlier">Open files that were read earlier, to which something may still be added.</param>
/// <param name="Newest">
/// The newest file that an earlier run found at the path, whether or not it still exists; null: there was none.
/// </param>
/// <param name="IsNew">Whether nothing of the source is stored yet.</param>
sealed record FollowStart(
    FollowedFile? Current,
    SourcePosition Position,
    IReadOnlyList<FollowedFile> Earlier,
    FollowedPlace? Newest,
    bool IsNew
)
{
    /// <summary>
    /// Gets the number of the newest file in the directory that is named like a rotated file of this source but is
    /// none; null: there was none.
    /// </summary>
    public string? Since { get; init; }
}
