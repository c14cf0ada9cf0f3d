using ConveyorActors.Persistence.Format;

namespace ConveyorActors.Cluster.Budgets;

/// <summary>The base of the budgets' messages and events, which have a serializer of their own.</summary>
interface IBudgetMessage : IHasOwnSerializer;

/// <summary>Identifies one source of one pipeline.</summary>
readonly record struct BudgetKey(string Pipeline, string Source);

/// <summary>A node's report about one source of one of its pipelines.</summary>
/// <param name="Key">The pipeline and the source.</param>
/// <param name="Epoch">
/// The pipeline's epoch in the journal: of two incarnations of the pipeline, the one with the higher epoch is the
/// current one.
/// </param>
/// <param name="Version">
/// The number of times that this incarnation has given room back. Grants made before the last time are void.
/// </param>
/// <param name="Bound">
/// The most records that the pipeline may hold from now on. The room that it has given up is written in its journal.
/// </param>
/// <param name="Wanted">The number of additional records that it could use.</param>
/// <param name="IsClosed">
/// Whether this incarnation has ended, so that it will hold no more than <paramref name="Bound"/>.
/// </param>
readonly record struct BudgetNeed(BudgetKey Key, long Epoch, long Version, long Bound, long Wanted, bool IsClosed);

/// <summary>A node's report to the singleton. The reply is <see cref="BudgetReply"/>.</summary>
/// <param name="Number">The number of the report, counted by the node.</param>
/// <param name="Needs">
/// One entry for each source with a budget of each of the node's pipelines, or for those that have changed.
/// </param>
[Serializable]
sealed record BudgetReport(long Number, IReadOnlyList<BudgetNeed> Needs) : IBudgetMessage;

/// <summary>The singleton's grant of one source to one pipeline.</summary>
/// <param name="Key">The pipeline and the source.</param>
/// <param name="Epoch">The incarnation that gets the grant.</param>
/// <param name="Version">
/// The version of the incarnation's last report. The grant is void if room was given back since.
/// </param>
/// <param name="Bound">The most records that the pipeline may hold.</param>
/// <param name="Target">
/// The number of records that the pipeline must come down to because others wait; <see cref="long.MaxValue"/>: none
/// wait.
/// </param>
/// <param name="Free">The number of records of the budget that are granted to no pipeline.</param>
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

/// <summary>The singleton's reply to a report, or grants that it sends later without one.</summary>
/// <param name="Epoch">The singleton's epoch.</param>
/// <param name="Number">The number of the node's last report.</param>
/// <param name="ValidMs">
/// The time in milliseconds after that report was sent during which the grants may be used for new records.
/// </param>
/// <param name="Grants">The grants.</param>
[Serializable]
sealed record BudgetReply(long Epoch, long Number, long ValidMs, IReadOnlyList<BudgetGrant> Grants) : IBudgetMessage;

/// <summary>The singleton's state of one source of one pipeline, as stored in its journal.</summary>
/// <param name="Key">The pipeline and the source.</param>
/// <param name="Epoch">The pipeline's incarnation.</param>
/// <param name="Version">The version of its last report.</param>
/// <param name="Bound">The most records that the incarnation may hold.</param>
/// <param name="Reserve">
/// The number of records that an earlier incarnation, which may still live, could hold in addition.
/// </param>
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
    /// <summary>Gets the number of records that are not available to other pipelines.</summary>
    public long Charged => Bound + Reserve;
}

/// <summary>
/// An event of the singleton: its epoch, and the accounts that have changed. Without accounts, the event confirms that
/// this singleton is still the current one.
/// </summary>
[Serializable]
sealed record BudgetsChanged(long Epoch, IReadOnlyList<BudgetAccountState> Accounts) : IBudgetMessage;

/// <summary>A snapshot of the singleton's state.</summary>
[Serializable]
sealed record BudgetsSnapshot(long Epoch, IReadOnlyList<BudgetAccountState> Accounts) : IBudgetMessage;
