using System.Text.Json;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Tests.Inspection;

static class Numbers
{
    /// <summary>Insists that a row says of a level what its snapshot says.</summary>
    public static void AreThoseOf(LevelSnapshot level, JsonElement row)
    {
        long Whole(string name) => row.GetProperty(name).GetInt64();
        Assert.Equal(
            [
                level.Buffered,
                level.InFlight,
                level.Granted,
                level.Hopping,
                level.Stored,
                level.Pending,
                level.PendingBytes,
                level.Used,
                level.Limit,
                level.Free,
            ],
            [
                Whole("buffered"),
                Whole("inFlight"),
                Whole("granted"),
                Whole("hopping"),
                Whole("stored"),
                Whole("pending"),
                Whole("pendingBytes"),
                Whole("used"),
                Whole("limit"),
                Whole("free"),
            ]
        );
        Assert.Equal(
            [
                level.Offered,
                level.Accepted,
                level.Refused,
                level.Completed,
                level.Dropped,
                level.Expired,
                level.DeadLettered,
                level.Retries,
            ],
            [
                Whole("offered"),
                Whole("accepted"),
                Whole("refused"),
                Whole("completed"),
                Whole("dropped"),
                Whole("expired"),
                Whole("deadLettered"),
                Whole("retries"),
            ]
        );
        Assert.Equal(
            [level.Fill, level.MeanFill, level.OldestAge.TotalSeconds, level.MeanWait.TotalSeconds],
            [
                row.GetProperty("fill").GetDouble(),
                row.GetProperty("meanFill").GetDouble(),
                row.GetProperty("oldestSeconds").GetDouble(),
                row.GetProperty("meanWaitSeconds").GetDouble(),
            ]
        );
        Assert.Equal(
            level.LimitBytes,
            row.GetProperty("limitBytes").ValueKind == JsonValueKind.Null ? null : Whole("limitBytes")
        );
    }
}
