using Akka.Actor.Setup;
using Akka.Configuration;
using ConveyorActors.Actors;

namespace ConveyorActors.Persistence.Tests.Journals;

/// <summary>An actor system whose pipelines are kept in a journal.</summary>
public sealed class JournalNode : IAsyncDisposable
{
    /// <summary>Settings under which a test takes moments where a program takes seconds.</summary>
    public const string Quick =
        """
        akka { loglevel = ERROR, stdout-loglevel = OFF, log-dead-letters = off }
        conveyor {
          persistence = on
          coordinated-shutdown = off
          journal { refuse-after = 8 s, reopen-after = 300 ms, delete-after = 100 ms, retry { first = 20 ms, max = 200 ms } }
        }
        akka.persistence {
          journal.sql.circuit-breaker.reset-timeout = 200 ms
          snapshot-store.sql.circuit-breaker.reset-timeout = 200 ms
        }
        """;

    public JournalNode(string hocon, TimeProvider? clock = null)
    {
        var config = ConfigurationFactory.ParseString(hocon).WithFallback(ConfigurationFactory.ParseString(Quick));
        System = ActorSystem.Create("journals", BootstrapSetup.Create().WithConfig(config).And(new ConveyorSetup { Clock = clock ?? TimeProvider.System }));
        Conveyor = ConveyorSystem.Get(System);
    }

    public JournalNode(Database database, string more = "", TimeProvider? clock = null)
        : this($"{more}\n{database.Hocon}", clock) { }

    public ActorSystem System { get; }

    public ConveyorSystem Conveyor { get; }

    public IBufferService Buffers => Conveyor.Service;

    /// <summary>Hands everything over and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (System.WhenTerminated.IsCompleted) return;
        await Conveyor.StopAsync(TimeSpan.Zero);
        await System.Terminate();
    }
}
