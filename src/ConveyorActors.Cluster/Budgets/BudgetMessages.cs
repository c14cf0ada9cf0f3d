using ConveyorActors.Persistence.Format;

namespace ConveyorActors.Cluster.Budgets;

/// <summary>What the budgets' messages and events have in common: a serializer of their own.</summary>
interface IBudgetMessage : IHasOwnSerializer;

/// <summary>Names one source of one pipeline.</summary>
readonly record struct BudgetKey(string Pipeline, string Source);

/// <summary>What a node says of one source of one of its pipelines.</summary>
/// <param name="Key">The pipeline and the source.</param>
/// <param name="Epoch">
/// The pipeline's epoch in the journal: of two incarnations of the pipeline, the one with the higher epoch is the
/// current one.
/// </param>
/// <param name="Version">
/// Counts how often this incarnation has given room back. Grants made before that do not count any more.
/// </param>
/// <param name="Bound">
/// The most records that the pipeline may hold from now on. What it has given up by that is written in its journal.
/// </param>
/// <param name="Wanted">How many more it could use.</param>
/// <param name="IsClosed">
/// Whether this incarnation has ended, so that it will hold no more than <paramref name="Bound"/>.
/// </param>
readonly record struct BudgetNeed(BudgetKey Key, long Epoch, long Version, long Bound, long Wanted, bool IsClosed);

/// <summary>A node's report to the singleton. The reply is <see cref="BudgetReply"/>.</summary>
/// <param name="Number">Numbers the node's reports.</param>
/// <param name="Needs">
/// One for each source with a budget of each of its pipelines, or for those that have changed.
/// </param>
[Serializable]
sealed record BudgetReport(long Number, IReadOnlyList<BudgetNeed> Needs) : IBudgetMessage;

/// <summary>What the singleton grants of one source to one pipeline.</summary>
/// <param name="Key">The pipeline and the source.</param>
/// <param name="Epoch">The incarnation to which it is granted.</param>
/// <param name="Version">
/// The version of the incarnation's last report. The grant is void if room was given back since.
/// </param>
/// <param name="Bound">The most records that the pipeline may hold.</param>
/// <param name="Target">
/// What it must come down to because others wait; <see cref="long.MaxValue"/>: nobody waits.
/// </param>
/// <param name="Free">What is granted to nobody.</param>
/// <param name="Budget">The budget.</param>
/// <param name="IsWaiting">Whether less was granted than wanted; the rest is granted once there is room.</param>
readonly record struct BudgetGrant(
    BudgetKey Key,
    long Epoch,
    long Version,
    long Bound,
    long Target,
    long Free,
    long Budget,
    bool IsWaiting
);

/// <summary>The singleton's reply to a report, or what it grants later by itself.</summary>
/// <param name="Epoch">The singleton's epoch.</param>
/// <param name="Number">The number of the node's last report.</param>
/// <param name="ValidMs">
/// For how many milliseconds after that report was sent the grants may be used for new records.
/// </param>
/// <param name="Grants">The grants.</param>
[Serializable]
sealed record BudgetReply(long Epoch, long Number, long ValidMs, IReadOnlyList<BudgetGrant> Grants) : IBudgetMessage;

/// <summary>What the singleton knows of one source of one pipeline, as it is in its journal.</summary>
/// <param name="Key">The pipeline and the source.</param>
/// <param name="Epoch">The pipeline's incarnation.</param>
/// <param name="Version">The version of its last report.</param>
/// <param name="Bound">The most records that the incarnation may hold.</param>
/// <param name="Reserve">What an earlier incarnation that may live still could hold besides.</param>
/// <param name="IsClosed">Whether the incarnation has ended.</param>
readonly record struct BudgetAccountState(
    BudgetKey Key,
    long Epoch,
    long Version,
    long Bound,
    long Reserve,
    bool IsClosed
)
{
    /// <summary>What is not free for others.</summary>
    public long Charged => Bound + Reserve;
}

/// <summary>
/// An event of the singleton: its epoch, and the accounts that have changed. Without accounts it says that this
/// singleton is still the current one.
/// </summary>
[Serializable]
sealed record BudgetsChanged(long Epoch, IReadOnlyList<BudgetAccountState> Accounts) : IBudgetMessage;

/// <summary>A snapshot of the singleton.</summary>
[Serializable]
sealed record BudgetsSnapshot(long Epoch, IReadOnlyList<BudgetAccountState> Accounts) : IBudgetMessage;
