using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// The operators' holds of one manager, including those of sources and stages that do not exist yet, and the checkpoint
/// that stores them.
/// </summary>
/// <remarks>Any thread may read. Changed under the manager's structure lock.</remarks>
sealed class OperatorHolds
{
    /// <summary>The key of the checkpoint, which is not allowed for a user's checkpoint.</summary>
    public const string CheckpointKey = "conveyor.operator-holds";

    readonly ConcurrentDictionary<(HoldTarget Target, string Name), DateTimeOffset> since = new();

    public bool Contains(HoldTarget target, string name) => !since.IsEmpty && since.ContainsKey((target, name));

    /// <summary>Returns the time since which a source or stage is held; null: it is not held.</summary>
    public DateTimeOffset? GetHeldSince(HoldTarget target, string name) =>
        since.TryGetValue((target, name), out var date) ? date : null;

    /// <summary>
    /// Adds a hold; returns false when there already is one. The time is stored in whole milliseconds, as in the
    /// checkpoint.
    /// </summary>
    public bool Add(HoldTarget target, string name, DateTimeOffset now) =>
        since.TryAdd((target, name), DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()));

    /// <summary>Removes a hold; returns false when there is none.</summary>
    public bool Remove(HoldTarget target, string name) => since.TryRemove((target, name), out _);

    /// <summary>Returns all holds, sources first, by name.</summary>
    public IReadOnlyList<OperatorHold> List() =>
        since.IsEmpty
            ? []
            :
            [
                .. since
                    .Select(h => new OperatorHold(h.Key.Target, h.Key.Name, h.Value))
                    .OrderBy(h => h.Target)
                    .ThenBy(h => h.Name, StringComparer.Ordinal),
            ];

    /// <summary>
    /// Returns the checkpoint that stores the holds: one line for each, with its kind, its time (Unix milliseconds) and
    /// its name. A name contains no line break.
    /// </summary>
    public Checkpoint ToCheckpoint()
    {
        var text = new StringBuilder();
        foreach (var hold in List())
        {
            if (text.Length > 0)
                text.Append('\n');
            text.Append(
                CultureInfo.InvariantCulture,
                $"{FormatTarget(hold.Target)} {hold.Since.ToUnixTimeMilliseconds()} {hold.Name}"
            );
        }
        return new(CheckpointKey, text.ToString());
    }

    /// <summary>
    /// Reads the holds of a checkpoint. Lines written by a newer version in another format are skipped.
    /// </summary>
    public void Restore(string checkpoint)
    {
        foreach (var line in checkpoint.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ', 3) is not [var word, var time, { Length: > 0 } name])
                continue;
            if (
                ParseTarget(word) is not { } target
                || !long.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ms)
            )
                continue;
            Add(
                target,
                name,
                DateTimeOffset.FromUnixTimeMilliseconds(
                    Math.Clamp(
                        ms,
                        DateTimeOffset.MinValue.ToUnixTimeMilliseconds(),
                        DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
                    )
                )
            );
        }
    }

    /// <summary>Copies the holds of another manager.</summary>
    public void Restore(OperatorHolds other)
    {
        foreach (var hold in other.List())
            Add(hold.Target, hold.Name, hold.Since);
    }

    static string FormatTarget(HoldTarget target) => target == HoldTarget.Source ? "source" : "stage";

    static HoldTarget? ParseTarget(string word) =>
        word switch
        {
            "source" => HoldTarget.Source,
            "stage" => HoldTarget.Stage,
            _ => null,
        };
}
