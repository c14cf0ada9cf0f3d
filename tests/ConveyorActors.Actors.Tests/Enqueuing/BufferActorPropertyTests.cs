using Akka.TestKit;
using Akka.TestKit.Xunit2;
using ConveyorActors.Actors.Enqueuing;
using ConveyorActors.Actors.Pipelines;
using ConveyorActors.Actors.Settings;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Tests.Properties;
using Xunit.Abstractions;

namespace ConveyorActors.Actors.Tests.Enqueuing;

/// <summary>
/// Whatever is enqueued, however the stages answer and whenever the actor crashes: order is kept, who wants an answer
/// gets the one that is due, once, and every record is accounted for.
/// </summary>
public class BufferActorPropertyTests(ITestOutputHelper output)
    : TestKit(
        """
        akka.loglevel = OFF
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        """
    )
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Random_sequences_keep_order_replies_and_counts() => RandomRuns.Check(output, 400, Run);

    void Run(int[] actions)
    {
        BufferActorState buffer = new(
            0,
            new()
            {
                Count = 1,
                Capacity = 12,
                Share = 1,
                BatchSize = 3,
                BatchAge = TimeSpan.FromMilliseconds(20),
                Dispatcher = "akka.actor.default-dispatcher",
                Retry = new() { First = TimeSpan.FromMilliseconds(10), Max = TimeSpan.FromMilliseconds(40) },
            }
        );
        var pipelines = CreateTestProbe();
        var keeper = Sys.ActorOf(Props.Create(() => new BufferActorKeeper(buffer, pipelines.Ref)));
        buffer.Actor = keeper.Ask<IActorRef>("who", Patience).GetAwaiter().GetResult();
        var door = Sys.ActorOf(Props.Empty.WithRouter(new BufferActorRouter([buffer])));
        door.Ask<ActorIdentity>(new Identify(0), Patience).GetAwaiter().GetResult();
        List<TestProbe> probes = [pipelines];
        BufferActorRun run = new(
            buffer,
            door,
            pipelines,
            () =>
            {
                probes.Add(CreateTestProbe());
                return probes[^1];
            },
            ((TestScheduler)Sys.Scheduler).Advance
        );
        try
        {
            foreach (var action in actions)
                run.Step(action);
            run.End();
        }
        finally
        {
            foreach (var used in probes.Select(p => p.Ref).Append(keeper).Append(door))
                Sys.Stop(used);
        }
    }
}
