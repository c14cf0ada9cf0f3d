using Akka.Actor.Setup;
using Akka.Configuration;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Settings;

namespace ConveyorActors.Persistence.Tests.Journals;

/// <summary>An actor system whose pipelines are kept in a journal.</summary>
public sealed class JournalNode : IAsyncDisposable
{
    /// <summary>Settings under which a test takes moments where a program takes seconds.</summary>
    public const string Quick = """
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

    const string Shipped =
        "akka { loglevel = ERROR, stdout-loglevel = OFF, log-dead-letters = off }\nconveyor { persistence = on, coordinated-shutdown = off, ask-timeout = 60 s }";

    public JournalNode(string hocon, TimeProvider? clock = null)
        : this(hocon, Quick, clock) { }

    JournalNode(string hocon, string otherwise, TimeProvider? clock)
    {
        var config = ConfigurationFactory.ParseString(hocon).WithFallback(ConfigurationFactory.ParseString(otherwise));
        System = ActorSystem.Create(
            "journals",
            BootstrapSetup.Create().WithConfig(config).And(new ConveyorSetup { Clock = clock ?? TimeProvider.System })
        );
        Conveyor = ConveyorSystem.Get(System);
    }

    public JournalNode(Database database, string more = "", TimeProvider? clock = null)
        : this($"{database.Hocon}\n{more}", clock) { }

    /// <summary>A node with the journal's settings as a program has them.</summary>
    public static JournalNode WithShippedSettings(string hocon) => new(hocon, Shipped, null);

    public ActorSystem System { get; }

    public ConveyorSystem Conveyor { get; }

    public IBufferService Buffers => Conveyor.Service;

    /// <summary>The journal without the actors before it, with other settings where a test wants them.</summary>
    internal JournalStorage Storage(Func<JournalSettings, JournalSettings>? change = null) =>
        new(
            (ExtendedActorSystem)System,
            change is null ? Conveyor.Settings.Journal : change(Conveyor.Settings.Journal),
            TimeProvider.System
        );

    /// <summary>Hands everything over and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (System.WhenTerminated.IsCompleted)
            return;
        await Conveyor.StopAsync(TimeSpan.Zero);
        await System.Terminate();
    }
}

/// <summary>Opens pipelines whose engine has the settings of most tests.</summary>
static class OpenPipelines
{
    static readonly BufferSettings Roomy = new()
    {
        MaxTotalRecords = 1_000_000,
        MaxPerStage = 1_000_000,
        MaxPerSource = 1_000_000,
        Stage = new() { LeaseOrder = LeaseOrder.Shared, Backoff = BackoffSettings.None },
    };

    /// <summary>Opens a pipeline; its calls wait until it is open.</summary>
    public static IBufferService Open(
        this JournalStorage storage,
        string pipeline,
        TimeProvider? clock = null,
        BufferSettings? settings = null
    ) =>
        storage.Open(
            pipeline,
            stores =>
            {
                var engine = new EmbeddedBufferService(clock, stores);
                _ = engine.ConfigureAsync(pipeline, settings ?? Roomy);
                return engine;
            }
        );

    /// <summary>Opens a pipeline, and returns once it is open.</summary>
    public static async Task<IBufferService> OpenedAsync(
        this JournalStorage storage,
        string pipeline,
        TimeProvider? clock = null,
        BufferSettings? settings = null
    )
    {
        var opened = storage.Open(pipeline, clock, settings);
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await opened.GetSnapshotAsync(pipeline).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
                return opened;
            }
            catch (Buffers.Stores.StoreException)
                when (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(10); // a busy machine may take longer than the test's settings allow
            }
        }
    }
}
