using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    readonly OperatorHolds holds = new();

    /// <summary>Holds a source or a stage by hand, until <see cref="Resume"/>. If it does not exist yet, it is held once it is created.</summary>
    /// <remarks>See <see cref="IOperatorHolds.PauseAsync"/>. When it returns no offer of a held source is under way, and no lease of a held stage.</remarks>
    /// <returns>True when the source or stage was not held before.</returns>
    public bool Pause(HoldTarget target, string name) => SetHold(target, name, isHeld: true);

    /// <summary>Lifts a hold.</summary>
    /// <returns>True when the source or stage was held.</returns>
    public bool Resume(HoldTarget target, string name)
    {
        if (!SetHold(target, name, isHeld: false)) return false;
        if (target == HoldTarget.Source) Pump();
        else if (TryEnter(name) is { } stage) Leave(stage); // its consumers are woken
        return true;
    }

    bool SetHold(HoldTarget target, string name, bool isHeld)
    {
        OperatorHolds.Check(target, name);
        lock (structure)
        {
            var frozen = Freeze();
            try
            {
                if (!(isHeld ? holds.Add(target, name, clock.DateOf(clock.NowMs)) : holds.Remove(target, name))) return false;
                if (target == HoldTarget.Source)
                {
                    if (sources.TryGetValue(name, out var source)) source.SetHeld(isHeld);
                }
                else if (stages.TryGetValue(name, out var stage)) stage.IsHeldByOperator = isHeld;
                store?.Append([new("", new Stages.StageEvent<T>.Noted(holds.ToNote()))]);
                return true;
            }
            finally { Thaw(frozen); }
        }
    }

    /// <summary>Copies the holds of a manager that this one replaces. Called before this manager is used.</summary>
    internal void HoldLike(BufferManager<T> other) => holds.Restore(other.holds);

    /// <summary>Returns the operators' holds that hold a source: its own, and those of stages where it has records.</summary>
    IEnumerable<HoldReason> ReasonsOfOperator(string source, SourceState? known, IEnumerable<StageState<T>> its)
    {
        if (holds.Since(HoldTarget.Source, source) is { } since)
        {
            var pool = known?.Pool ?? new(SourceLimits(settings));
            yield return ReasonOfOperator($"hold on source {source}", pool, since);
        }
        foreach (var stage in its)
            if (holds.Since(HoldTarget.Stage, stage.Id) is { } from) yield return ReasonOfOperator($"hold on stage {stage.Id}", stage.Pool, from);
    }

    HoldReason ReasonOfOperator(string limit, Admission.CapacityPool pool, DateTimeOffset since)
    {
        var held = clock.DateOf(clock.NowMs) - since;
        return new(limit, pool.Used, pool.Limits.Records, pool.Fill, held > TimeSpan.Zero ? held : TimeSpan.Zero, null, null) { ByOperator = true };
    }
}
