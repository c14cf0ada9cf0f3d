using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines.Running;

/// <summary>
/// The damage of the data directory that earlier runs have reported with their outcome, so that each loss changes the
/// outcome of one run: a run that ends well without a word would let its user delete the input of lost lines.
/// </summary>
/// <remarks>
/// The checkpoint has the number of damaged records in the ledger and, for each finding, a hash of its text: damage can
/// take lines that no number counts, such as those of a stage whose row is damaged.
/// </remarks>
sealed class ReportedDamage(IBufferService buffers, string pipeline)
{
    /// <summary>The key of the checkpoint.</summary>
    public const string Key = "damage";

    HashSet<string> known = [];
    long reported;

    /// <summary>
    /// Gets or sets the function that returns a sentence for each damage found in the data directory so far.
    /// </summary>
    public Func<IReadOnlyList<string>> Find { get; set; } = () => [];

    /// <summary>Reads what earlier runs have reported.</summary>
    public async ValueTask ReadAsync()
    {
        if (
            buffers.IsDurable
            && await buffers.GetCheckpointAsync(pipeline, Key).ConfigureAwait(false) is { } stored
            && stored.Split(' ') is [var count, .. var hashes]
            && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out reported)
        )
            known = [.. hashes];
    }

    /// <summary>Returns the number of damaged records in a snapshot's ledger that earlier runs have reported.</summary>
    public long CountReported(PipelineSnapshot snapshot) => Math.Min(reported, CountDamaged(snapshot));

    /// <summary>Returns the number of damaged records in a snapshot's ledger that no earlier run has reported.</summary>
    public long CountNew(PipelineSnapshot snapshot) => CountDamaged(snapshot) - CountReported(snapshot);

    /// <summary>Returns whether there is damage that no earlier run has reported.</summary>
    public bool HasNew(PipelineSnapshot snapshot) =>
        CountNew(snapshot) > 0 || !known.IsSupersetOf(Find().Select(ComputeHash));

    /// <summary>Stores that all damage is reported now. If that fails, the next run reports it again.</summary>
    public async ValueTask StoreAsync(PipelineSnapshot snapshot)
    {
        known.UnionWith(Find().Select(ComputeHash));
        var value = string.Join(' ', known.Order(StringComparer.Ordinal).Prepend($"{CountDamaged(snapshot)}"));
        await buffers.SetCheckpointAsync(pipeline, new Checkpoint(Key, value)).ConfigureAwait(false);
        await buffers.FlushAsync(pipeline).ConfigureAwait(false);
    }

    /// <summary>Returns the number of damaged records in a snapshot's ledger.</summary>
    public static long CountDamaged(PipelineSnapshot snapshot) =>
        snapshot.Losses.Where(l => l.Reason == LossReason.Damaged).Sum(l => l.Count);

    static string ComputeHash(string finding) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(finding)).AsSpan(0, 4));
}
