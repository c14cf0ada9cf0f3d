using ConveyorActors.Buffers.Admission;
using ConveyorActors.Tests;

namespace ConveyorActors.Buffers.Tests.Admission;

/// <summary>A pool under random calls, compared with a model that adds and compares plain numbers.</summary>
public sealed class CapacityPoolModelTests
{
    static readonly Watermarks Marks = new(0.6, 0.8);

    /// <summary>The same room in plain numbers.</summary>
    sealed class Model(int records, long? bytes)
    {
        int limit = records;
        long? limitBytes = bytes;
        long most = records;
        long mostReserved = records;
        long reachable = records;
        int zone;

        public long Used { get; private set; }

        public long UsedBytes { get; private set; }

        public long Reserved { get; private set; }

        public long ReservedBytes { get; private set; }

        public bool BoundsBytes => limitBytes is not null;

        public long Available => Math.Max(0, most - Used - Reserved);

        public long AvailableToStored => Math.Max(0, limit - Used - Reserved);

        public bool IsGrantBinding => most < limit;

        public long AboveLowSince { get; private set; } = -1;

        public double Fill =>
            Math.Max((double)Used / reachable, BoundsBytes ? (double)UsedBytes / limitBytes!.Value : 0);

        public bool HasRoom(long more) => Available > 0 && Fits(ReservedBytes + more);

        public int TakeUpTo(int wanted, long more)
        {
            var taken = (int)Math.Min(wanted, Available);
            Take(taken, taken > 0 ? more : 0);
            return taken;
        }

        public bool TryTakeOne() => !BoundsBytes && Reserved == 0 && Available > 0 && Take(1, 0);

        public bool TryTakeAll(int count, long more) =>
            Used + Reserved + count <= most && Fits(ReservedBytes + more) && Take(count, more);

        public bool TryTakeStored(long more, bool isReserved) =>
            isReserved
                ? Used < limit && (more <= 0 || Fits(more)) && Take(1, more)
                : Used + Reserved < limit && Fits(ReservedBytes + more) && Take(1, more);

        public bool TryTakeReserved(long more, long leftRecords, long leftBytes) =>
            Used + leftRecords < mostReserved && (more <= 0 || Fits(more + leftBytes)) && Take(1, more);

        public bool TryTakeBytes(long more, long left) => (more <= 0 || Fits(more + left)) && Take(0, more);

        public bool Take(int count, long more)
        {
            (Used, UsedBytes) = (Used + count, UsedBytes + more);
            return true;
        }

        public void Reserve(int count, long more) =>
            (Reserved, ReservedBytes) = (Reserved + count, ReservedBytes + more);

        public void Grant(long granted, long grantedToReserved, long within) =>
            (most, mostReserved, reachable) = (
                Math.Clamp(granted, 0, limit),
                Math.Clamp(grantedToReserved, 0, limit),
                Math.Clamp(within, 1, limit)
            );

        public void ChangeLimits(int changed, long? changedBytes, long now)
        {
            (limit, limitBytes) = (changed, changedBytes);
            Grant(changed, changed, changed);
            RefreshZone(now);
        }

        public bool RefreshZone(long now)
        {
            var before = zone;
            zone = Zone;
            AboveLowSince =
                zone == 0 ? -1
                : AboveLowSince < 0 ? now
                : AboveLowSince;
            return zone != before;
        }

        /// <summary>Gets the zone of the fill when it was last computed.</summary>
        public int KnownZone => zone;

        public int Zone => Marks.GetZone(Fill);

        bool Fits(long more) => limitBytes is not { } bound || UsedBytes + more <= bound;
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, null)]
    [InlineData(true, 60L)]
    [InlineData(false, 60L)]
    public void A_pool_behaves_like_plain_numbers(bool isShared, long? bytes)
    {
        var seed = Thoroughness.Seed("CONVEYOR_POOL_SEED");
        var random = new Random(seed);
        for (var round = 0; round < Thoroughness.Count("CONVEYOR_POOL_ROUNDS", 200, 20_000); round++)
        {
            var (pool, model) = (new CapacityPool(new(10, bytes, Marks), isShared), new Model(10, bytes));
            for (var step = 1; step <= 60; step++)
            {
                var call = Call(pool, model, random, step);
                var because = $"seed {seed}, round {round}, step {step}: {call}";
                Assert.Equal((because, Observe(model)), (because, Observe(pool)));
            }
        }
    }

    /// <summary>Makes one call of both and returns its name with both results.</summary>
    static string Call(CapacityPool pool, Model model, Random random, int step)
    {
        var (count, more) = (random.Next(5), random.Next(3) == 0 ? 0 : random.Next(12));
        var (left, leftBytes) = (random.Next(4), random.Next(12));
        var isReserved = random.Next(2) == 0;
        switch (random.Next(12))
        {
            case 0 when !model.BoundsBytes:
                return Same("TakeUpTo", pool.TakeUpTo(count, more), model.TakeUpTo(count, more));
            case 1:
                var isZoneStale = false;
                var taken = Same("TryTakeOne", pool.TryTakeOne(ref isZoneStale), model.TryTakeOne());
                // One record more can only raise the fill; a fill above its zone must be noticed.
                Assert.True(isZoneStale || model.Zone <= model.KnownZone || taken.EndsWith("False"), taken);
                return taken;
            case 2:
                return Same("TryTake", pool.TryTake(more), model.TryTakeAll(1, more));
            case 3:
                return Same("TryTakeAll", pool.TryTakeAll(count + 1, more), model.TryTakeAll(count + 1, more));
            case 4:
                return Same("Stored", pool.TryTakeStored(more, isReserved), model.TryTakeStored(more, isReserved));
            case 5:
                return Same(
                    "Reserved",
                    pool.TryTakeReserved(more, left, leftBytes),
                    model.TryTakeReserved(more, left, leftBytes)
                );
            case 6:
                var change = more - (int)Math.Min(6, model.UsedBytes);
                return Same("Bytes", pool.TryTakeBytes(change, leftBytes), model.TryTakeBytes(change, leftBytes));
            case 7:
                var (records, size) = ((int)Math.Min(count, model.Used), Math.Min(more, model.UsedBytes));
                pool.Release(records, size);
                model.Take(-records, -size);
                return "Release";
            case 8:
                var reserved = random.Next(2) == 0 ? count : -(int)Math.Min(count, model.Reserved);
                var reservedBytes = reserved > 0 ? leftBytes : -Math.Min(leftBytes, model.ReservedBytes);
                pool.Reserve(reserved, reservedBytes);
                model.Reserve(reserved, reservedBytes);
                return "Reserve";
            case 9:
                var (granted, toReserved, reachable) = (random.Next(-1, 13), random.Next(-1, 13), random.Next(-1, 13));
                pool.Grant(granted, toReserved, reachable);
                model.Grant(granted, toReserved, reachable);
                return Same("RefreshZone", pool.RefreshZone(step), model.RefreshZone(step));
            case 10 when random.Next(4) == 0:
                var (limit, limitBytes) = (random.Next(1, 12), random.Next(3) == 0 ? null : (long?)random.Next(20, 80));
                pool.ChangeLimits(new(limit, limitBytes, Marks), step);
                model.ChangeLimits(limit, limitBytes, step);
                return "ChangeLimits";
            default:
                return Same("RefreshZone", pool.RefreshZone(step), model.RefreshZone(step));
        }
    }

    static string Same<T>(string call, T of, T expected)
    {
        Assert.Equal((call, expected), (call, of));
        return $"{call} returned {of}";
    }

    static string Observe(CapacityPool pool) =>
        $"{pool.Used}/{pool.UsedBytes} reserved {pool.Reserved}/{pool.ReservedBytes} available {pool.Available} {pool.AvailableToStored} binding {pool.IsGrantBinding} fill {pool.Fill} room {pool.HasRoom(0)} {pool.HasRoom(7)} since {pool.AboveLowSince}";

    static string Observe(Model model) =>
        $"{model.Used}/{model.UsedBytes} reserved {model.Reserved}/{model.ReservedBytes} available {model.Available} {model.AvailableToStored} binding {model.IsGrantBinding} fill {model.Fill} room {model.HasRoom(0)} {model.HasRoom(7)} since {model.AboveLowSince}";

    [Fact]
    public void A_zone_is_computed_for_the_room_within_the_budget()
    {
        var pool = new CapacityPool(new(100, null, Marks));
        pool.TakeUpTo(9, 0);
        Assert.False(pool.RefreshZone(1));
        pool.Grant(10, 10, 10);
        Assert.True(pool.RefreshZone(2));
        Assert.Equal((5, 2), (pool.Zone, pool.AboveLowSince));
        pool.Grant(100, 100, 100);
        Assert.True(pool.RefreshZone(3));
        Assert.Equal((0, -1), (pool.Zone, pool.AboveLowSince));
    }

    [Fact]
    public void A_zone_is_not_computed_again_within_its_range()
    {
        var pool = new CapacityPool(new(10, null, Marks));
        pool.TakeUpTo(7, 0);
        Assert.True(pool.IsZoneStale);
        pool.RefreshZone(1);
        Assert.False(pool.IsZoneStale);
        pool.Release(1, 0);
        Assert.True(pool.IsZoneStale);
    }

    [Fact]
    public void A_fill_is_above_the_low_watermark_since_it_first_was()
    {
        var pool = new CapacityPool(new(10, null, Marks));
        pool.TakeUpTo(7, 0);
        Assert.True(pool.RefreshZone(0));
        pool.TakeUpTo(3, 0);
        Assert.True(pool.RefreshZone(5));
        Assert.Equal(0, pool.AboveLowSince);
    }
}
