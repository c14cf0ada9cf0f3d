using ConveyorActors.Buffers.Admission;

namespace ConveyorActors.Buffers.Tests.Admission;

public sealed class CapacityPoolTests
{
    static readonly Watermarks Marks = new(0.6, 0.8);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pool_grants_exactly_its_limit(bool isShared)
    {
        var pool = new CapacityPool(new(3, null, Marks), isShared);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => pool.TryTake(0)));
        pool.Release(1, 0);
        Assert.Equal((2, 1), (pool.Used, pool.Available));
        Assert.Equal(1, pool.TakeUpTo(5, 0));
        Assert.Equal(0, pool.TakeUpTo(5, 0));
        Assert.Equal(1.0, pool.Fill);
    }

    [Fact]
    public void Other_callers_cannot_take_reserved_room()
    {
        var pool = new CapacityPool(new(5, null, Marks));
        pool.Reserve(3, 0);
        Assert.Equal((2, 3), (pool.Available, pool.Reserved));
        Assert.Equal(2, pool.TakeUpTo(5, 0));
        Assert.False(pool.TryTake(0));
        for (var i = 0; i < 3; i++)
        {
            Assert.True(pool.TryTakeReserved(0));
            pool.Reserve(-1, 0);
        }
        Assert.False(pool.TryTakeReserved(0));
        Assert.Equal((5, 0, 0), (pool.Used, pool.Reserved, pool.Available));
    }

    [Fact]
    public void Reservations_may_exceed_the_room_and_available_is_never_negative()
    {
        var pool = new CapacityPool(new(2, null, Marks));
        pool.Reserve(10, 0);
        Assert.Equal((0, 10), (pool.Available, pool.Reserved));
        Assert.False(pool.TryTake(0));
        Assert.True(pool.TryTakeReserved(0));
        pool.Release(1, 0);
        pool.Reserve(-10, 0);
        Assert.Equal((2, 0, 0), (pool.Available, pool.Reserved, pool.Used));
    }

    [Fact]
    public void Records_and_bytes_are_taken_together_or_not_at_all()
    {
        var pool = new CapacityPool(new(3, 10, Marks));
        Assert.True(pool.TryTake(6));
        Assert.False(pool.TryTake(5));
        Assert.Equal((1, 6), (pool.Used, pool.UsedBytes));
        Assert.True(pool.TryTake(4));
        Assert.True(pool.TryTake(0));
        Assert.False(pool.TryTake(0));
        pool.Release(1, 6);
        Assert.Equal((2, 4), (pool.Used, pool.UsedBytes));
        Assert.False(pool.TryTakeBytes(7));
        Assert.True(pool.TryTakeBytes(6));
        Assert.Equal(1.0, pool.Fill);
    }

    [Fact]
    public void Other_callers_cannot_take_reserved_bytes()
    {
        var pool = new CapacityPool(new(10, 10, Marks));
        pool.Reserve(1, 6);
        Assert.False(pool.TryTake(5));
        Assert.True(pool.TryTake(4));
        Assert.True(pool.TryTakeReserved(6));
        pool.Reserve(-1, -6);
        Assert.Equal((2, 10, 0), (pool.Used, pool.UsedBytes, pool.Reserved));
    }

    [Fact]
    public void A_record_larger_than_the_limit_could_never_be_held()
    {
        Assert.False(new CapacityPool(new(10, 10, Marks)).CanEverHold(11));
        Assert.True(new CapacityPool(new(10, 10, Marks)).CanEverHold(10));
        Assert.True(new CapacityPool(new(10, null, Marks)).CanEverHold(long.MaxValue));
    }

    [Fact]
    public void The_zone_follows_the_fill_and_has_the_time_since_it_is_above_low()
    {
        var pool = new CapacityPool(new(100, null, Marks));
        pool.TakeUpTo(60, 0);
        Assert.False(pool.RefreshZone(5));
        Assert.Equal((0, -1), (pool.Zone, pool.AboveLowSince));
        pool.TakeUpTo(1, 0);
        Assert.True(pool.RefreshZone(7));
        Assert.Equal((1, 7), (pool.Zone, pool.AboveLowSince));
        pool.TakeUpTo(19, 0);
        Assert.True(pool.RefreshZone(9));
        Assert.Equal((5, 7), (pool.Zone, pool.AboveLowSince));
        pool.Release(20, 0);
        Assert.True(pool.RefreshZone(11));
        Assert.Equal((0, -1), (pool.Zone, pool.AboveLowSince));
    }

    [Fact]
    public void The_zone_is_that_of_bytes_if_bytes_are_fuller()
    {
        var pool = new CapacityPool(new(100, 10, Marks));
        Assert.True(pool.TryTake(8));
        Assert.True(pool.RefreshZone(1));
        Assert.Equal(5, pool.Zone);
        pool.Release(0, 2);
        Assert.True(pool.RefreshZone(2));
        Assert.Equal(0, pool.Zone);
    }

    [Fact]
    public void Lowered_limits_admit_nothing_until_the_excess_has_left()
    {
        var pool = new CapacityPool(new(10, null, Marks));
        pool.TakeUpTo(10, 0);
        pool.ChangeLimits(new(4, null, Marks), 3);
        Assert.Equal((10, 0, 5, 3), (pool.Used, pool.Available, pool.Zone, pool.AboveLowSince));
        pool.Release(6, 0);
        Assert.False(pool.TryTake(0));
        pool.Release(1, 0);
        Assert.True(pool.TryTake(0));
        Assert.False(pool.TryTake(0));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(35L)]
    public async Task Many_threads_never_take_more_than_the_limit_or_reserved_room(long? bytes)
    {
        var pool = new CapacityPool(new(10, bytes, Marks));
        long held = 0,
            most = 0,
            taken = 0;
        await Within.Reason(
            Task.WhenAll(
                Enumerable
                    .Range(0, 4)
                    .Select(thread =>
                        Within.Thread(() =>
                        {
                            var random = new Random(thread);
                            for (var i = 0; i < 20_000; i++)
                            {
                                var (size, isReserved) = (1 + random.Next(5), thread == 0);
                                if (isReserved)
                                    pool.Reserve(1, size);
                                var took = isReserved ? pool.TryTakeReserved(size) : pool.TryTake(size);
                                if (took)
                                {
                                    var now = Interlocked.Increment(ref held);
                                    long before;
                                    while (
                                        now > (before = Volatile.Read(ref most))
                                        && Interlocked.CompareExchange(ref most, now, before) != before
                                    ) { }
                                    Interlocked.Increment(ref taken);
                                    if (pool.Used > 10 || pool.UsedBytes > (bytes ?? long.MaxValue))
                                        throw new InvalidOperationException(
                                            $"{pool.Used} records, {pool.UsedBytes} bytes"
                                        );
                                    Interlocked.Decrement(ref held);
                                    pool.Release(1, size);
                                }
                                if (isReserved)
                                    pool.Reserve(-1, -size);
                            }
                        })
                    )
            )
        );
        Assert.InRange(most, 1, 10);
        Assert.True(taken > 20_000);
        Assert.Equal((0, 0, 0, 10), (pool.Used, pool.UsedBytes, pool.Reserved, pool.Available));
        Assert.Equal(0, pool.Zone);
    }

    [Fact]
    public async Task A_zone_never_lags_behind_the_fill_when_threads_race()
    {
        var pool = new CapacityPool(new(10, null, Marks));
        for (var round = 0; round < 300; round++)
        {
            using var start = new Barrier(2);
            await Within.Reason(
                Task.WhenAll(
                    Enumerable
                        .Range(0, 2)
                        .Select(thread =>
                            Task.Run(() =>
                            {
                                start.SignalAndWait();
                                for (var i = 0; i < 20; i++)
                                {
                                    var took = pool.TakeUpTo(5, 0);
                                    pool.RefreshZone(1);
                                    if (i == 19 && thread == 0)
                                        return took; // one of them leaves some taken
                                    pool.Release(took, 0);
                                    pool.RefreshZone(1);
                                }
                                return 0;
                            })
                        )
                )
            );
            Assert.Equal(pool.Limits.GetZone(pool.Used, 0).Zone, pool.Zone);
            pool.Release((int)pool.Used, 0);
            pool.RefreshZone(1);
            Assert.Equal(0, pool.Zone);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(100L)]
    public void Room_for_several_records_is_taken_for_all_of_them_or_for_none(long? mostBytes)
    {
        var pool = new CapacityPool(new(5, mostBytes, Marks));
        pool.Reserve(1, 0);
        Assert.False(pool.TryTakeAll(5, 10));
        Assert.Equal((0, 0), (pool.Used, pool.UsedBytes));
        Assert.True(pool.TryTakeAll(4, 10));
        Assert.Equal((4, 10), (pool.Used, pool.UsedBytes));
    }

    [Fact]
    public void Room_for_several_records_is_not_taken_if_their_bytes_do_not_fit()
    {
        var pool = new CapacityPool(new(5, 10, Marks));
        pool.Reserve(0, 2);
        Assert.False(pool.TryTakeAll(2, 9));
        Assert.Equal((0, 0), (pool.Used, pool.UsedBytes));
        Assert.True(pool.TryTakeAll(2, 8));
        Assert.Equal((2, 8), (pool.Used, pool.UsedBytes));
    }
}
