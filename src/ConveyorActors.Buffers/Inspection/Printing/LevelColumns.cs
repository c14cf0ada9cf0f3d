using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection.Printing;

/// <summary>Defines the columns that managers, stages and sources have in common.</summary>
static class LevelColumns
{
    static readonly Column<LevelSnapshot>[] All =
    [
        new("buffered", l => l.Buffered),
        new("inFlight", l => l.InFlight),
        new("granted", l => l.Granted),
        new("hopping", l => l.Hopping, IsShown: false),
        new("stored", l => l.Stored, IsShown: false),
        new("pending", l => l.Pending, IsShown: false),
        new("pendingBytes", l => l.PendingBytes, IsShown: false),
        new("used", l => l.Used),
        new("limit", l => l.Limit),
        new("limitBytes", l => l.LimitBytes, IsShown: false),
        new("free", l => l.Free, IsShown: false),
        new("fill", l => l.Fill),
        new("meanFill", l => l.MeanFill, IsShown: false),
        new("oldestSeconds", l => l.OldestAge),
        new("meanWaitSeconds", l => l.MeanWait, IsShown: false),
        new("offered", l => l.Offered, IsShown: false),
        new("accepted", l => l.Accepted, IsShown: false),
        new("refused", l => l.Refused),
        new("completed", l => l.Completed),
        new("dropped", l => l.Dropped, IsShown: false),
        new("expired", l => l.Expired, IsShown: false),
        new("deadLettered", l => l.DeadLettered, IsShown: false),
        new("retries", l => l.Retries, IsShown: false),
    ];

    public static IEnumerable<Column<T>> Create<T>(Func<T, LevelSnapshot> level) =>
        All.Select(c => new Column<T>(c.Name, row => c.Value(level(row)), c.IsShown));

    /// <summary>Returns the values of one level by their names.</summary>
    public static IEnumerable<(string Name, object? Value)> GetValues(LevelSnapshot level) =>
        All.Select(c => (c.Name, c.Value(level)));
}
