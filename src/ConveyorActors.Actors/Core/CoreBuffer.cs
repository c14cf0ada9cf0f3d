using ConveyorActors.Actors.Observing;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Actors.Core;

/// <summary>What one core buffer holds, outliving restarts of its actor: its room, and the records it has gathered for each target.</summary>
sealed class CoreBuffer(int core, CoreBufferSettings settings)
{
    public int Core { get; } = core;

    public CoreBufferSettings Settings { get; } = settings;

    public CoreGate Gate { get; } = new(settings.Capacity);

    /// <summary>The actor; set once, before anybody can send.</summary>
    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>What the actor alone uses.</summary>
    public CoreLanes Lanes { get; } = new();

    /// <summary>How often it is logged that the buffer is full.</summary>
    public LogLimiter FullLog { get; } = new(LogLimiter.Minute, TimeProvider.System);

    /// <summary>How often it is logged that a stage refuses what the buffer keeps.</summary>
    public LogLimiter HeldLog { get; } = new(LogLimiter.Minute, TimeProvider.System);

    /// <summary>How often it is logged that records are lost.</summary>
    public LogLimiter LostLog { get; } = new(LogLimiter.Minute, TimeProvider.System);

    long passedOn, lost;

    /// <summary>Records that a stage has taken, or answered for.</summary>
    public long PassedOn => Interlocked.Read(ref passedOn);

    /// <summary>Records of fire-and-forget senders that no stage will ever take: too large, or the pipeline has stopped.</summary>
    public long Lost => Interlocked.Read(ref lost);

    /// <summary>Records left the buffer.</summary>
    public void Left(int records, bool lost = false)
    {
        Interlocked.Add(ref lost ? ref this.lost : ref passedOn, records);
        Gate.Release(records);
    }

    public CoreBufferSnapshot Snapshot() => new(Core, Gate.Capacity, Gate.Used, PassedOn, Gate.Refused, Lost);
}
