using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using ConveyorActors.Actors;
using ConveyorActors.Actors.Protocol;
using ConveyorActors.Hosting.Consuming;
using ConveyorActors.Persistence.Tests.Journals;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ConveyorActors.AkkaHosting.Tests;

/// <summary>The buffers in an actor system that Akka.Hosting creates.</summary>
public sealed class AkkaHostTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    const string Local = """
        akka.loglevel = WARNING
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        """;

    static async Task<IHost> StartAsync(
        Action<AkkaConfigurationBuilder> configure,
        Action<IServiceCollection>? add = null,
        params (string Key, string? Value)[] configuration
    )
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(configuration.ToDictionary(c => c.Key, c => c.Value));
        // What no consumer takes is not waited for.
        if (add is null)
            builder.Configuration["Conveyor:StopDeadline"] = "00:00:00";
        builder.Services.AddConveyorActors();
        builder.Services.AddAkka(
            "hosted",
            (akka, container) =>
            {
                akka.AddHocon(Local, HoconAddMode.Append).WithConveyor(container);
                configure(akka);
            }
        );
        add?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync().WaitAsync(Patience);
        return host;
    }

    static async Task UntilAsync(IHost host, Func<PipelineSnapshot, bool> wanted)
    {
        var buffers = host.Services.GetRequiredService<IBufferInspector>();
        using var limit = new CancellationTokenSource(Patience);
        while (!wanted(await buffers.GetSnapshotAsync("orders", limit.Token)))
            await Task.Delay(10, limit.Token);
    }

    [Fact]
    public async Task The_buffers_start_with_the_actor_system_and_have_the_options_of_the_host()
    {
        using var host = await StartAsync(static _ => { }, null, ("Conveyor:Pipelines:orders:MaxPerSource", "2"));
        var orders = host.Services.GetRequiredKeyedService<IBufferProducer>("orders");
        var records = new ConveyorRecord[] { new("1", default), new("2", default), new("3", default) };

        var offer = await orders
            .BufferBatchForStageAsync("orders", "store", "web", records)
            .AsTask()
            .WaitAsync(Patience);

        Assert.Equal((OfferStatus.SourceFull, 2), (offer.Status, offer.Accepted));
        Assert.Equal(
            2,
            ConveyorSystem
                .Get(host.Services.GetRequiredService<ActorSystem>())
                .Settings.Pipelines["orders"]
                .Buffers.MaxPerSource
        );
        await host.StopAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task Options_of_actors_are_read_from_the_configuration_of_the_host()
    {
        using var host = await StartAsync(
            static _ => { },
            null,
            ("Conveyor:Actors:BufferActors:Count", "3"),
            ("Conveyor:Actors:Wire:GiveUpAfter", "00:00:20")
        );

        var settings = ConveyorSystem.Get(host.Services.GetRequiredService<ActorSystem>()).Settings;

        Assert.Equal((3, TimeSpan.FromSeconds(20)), (settings.BufferActors.Count, settings.Wire.GiveUpAfter));
        await host.StopAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task Wrong_options_of_actors_stop_the_start_and_are_reported_together()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            StartAsync(
                static _ => { },
                null,
                ("Conveyor:Actors:BufferActors:Count", "2000"),
                ("Conveyor:Actors:BufferActors:BatchAge", "00:00:00"),
                ("Conveyor:Actors:Wire:ResendInterval", "1.00:00:00")
            )
        );

        Assert.Equal(
            """
            Conveyor:Actors:BufferActors:Count is 2000; it must be a whole number from 1 to 1,024.
            Conveyor:Actors:BufferActors:BatchAge is 00:00:00; it must be a duration from 1 ms to one hour, such as 10 ms.
            Conveyor:Actors:Wire:ResendInterval is 1.00:00:00; it must be a duration from 1 ms to one hour, such as 10 ms.
            """,
            string.Join('\n', failure.Failures)
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_host_whose_actor_system_does_not_get_the_options_does_not_start(bool hasActorSystem)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddConveyorActors();
        if (hasActorSystem)
            builder.Services.AddAkka("forgotten", (akka, _) => akka.AddHocon(Local, HoconAddMode.Append));
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync().WaitAsync(Patience));

        Assert.EndsWith("call AddAkka, and WithConveyor(container) in it.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_actor_system_without_options_in_its_container_says_which_call_is_missing()
    {
        var services = new ServiceCollection().AddOptions();
        services.AddAkka("hosted", static (akka, container) => akka.WithConveyor(container));
        using var container = services.BuildServiceProvider();

        var failure = Assert.Throws<InvalidOperationException>(() => container.GetRequiredService<ActorSystem>());

        Assert.Equal(
            "WithConveyor(container) needs the options of AddConveyorActors, and the container has none; call services.AddConveyorActors(), or WithConveyor() for the settings in HOCON.",
            failure.Message
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Buffers_in_the_process_and_buffers_of_actors_exclude_each_other(bool actorsFirst)
    {
        var services = new ServiceCollection();
        if (actorsFirst)
            services.AddConveyorActors();
        else
            services.AddConveyor();

        Assert.Throws<InvalidOperationException>(() =>
            actorsFirst ? services.AddConveyor() : services.AddConveyorActors()
        );
    }

    [Fact]
    public async Task The_actors_can_be_required_by_type()
    {
        using var host = await StartAsync(static _ => { });
        var buffers = host.Services.GetRequiredService<IRequiredActor<ConveyorBuffers>>().ActorRef;
        var pipelines = host.Services.GetRequiredService<IRequiredActor<ConveyorPipelines>>().ActorRef;

        buffers.Tell(new Enqueue(new("orders", "store", "web"), new ConveyorRecord("1", default)));
        await UntilAsync(host, snapshot => snapshot.Total.Buffered == 1);

        Assert.Equal(["orders"], (await pipelines.Ask<NameList>(GetPipelines.Instance, Patience)).Names);
        await host.StopAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task Consumers_and_the_health_check_work_over_actors()
    {
        using var host = await StartAsync(
            static _ => { },
            static services =>
            {
                services.AddBufferConsumer<Discarding>("orders", "store");
                services.AddHealthChecks().AddConveyor();
            }
        );
        await host
            .Services.GetRequiredService<IBufferProducer>()
            .BufferForStageAsync("orders", "store", "web", new("1", default))
            .AsTask()
            .WaitAsync(Patience);
        await UntilAsync(host, snapshot => snapshot.Total.Completed == 1);

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Healthy, report.Status);
        await host.StopAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task A_stop_of_the_host_lets_consumers_over_actors_finish()
    {
        var (entered, release) = (
            new TaskCompletionSource(),
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
        );
        var gate = new Gate(entered, release.Task);
        using var host = await StartAsync(
            static _ => { },
            services =>
                services
                    .AddSingleton(gate)
                    .AddBufferConsumer<Gated>("orders", "store", options => options.BatchSize = 1)
        );
        var records = new ConveyorRecord[] { new("1", default), new("2", default), new("3", default) };
        await host
            .Services.GetRequiredService<IBufferProducer>()
            .BufferBatchForStageAsync("orders", "store", "web", records)
            .AsTask()
            .WaitAsync(Patience);
        await entered.Task.WaitAsync(Patience);

        var stopping = host.StopAsync();
        await UntilAsync(host, snapshot => snapshot.State == "Draining");
        release.SetResult();
        await stopping.WaitAsync(Patience);

        Assert.Equal(3, gate.Handled);
    }

    [Fact]
    public async Task A_wrong_option_stops_the_start_of_the_host()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() =>
            StartAsync(static _ => { }, null, ("Conveyor:Pipelines:orders:MaxPerSource", "0"))
        );

        Assert.Equal(
            "Conveyor:Pipelines:orders:MaxPerSource is 0; it must be from 1 to 2,000,000,000 records.",
            Assert.Single(failure.Failures)
        );
    }

    [Fact]
    public async Task The_containers_clock_is_the_clock_of_the_actors()
    {
        var clock = new FakeClock();
        using var host = await StartAsync(static _ => { }, services => services.AddSingleton<TimeProvider>(clock));
        await host
            .Services.GetRequiredService<IBufferProducer>()
            .BufferForStageAsync("orders", "store", "web", new("1", default))
            .AsTask()
            .WaitAsync(Patience);
        clock.Advance(TimeSpan.FromMinutes(3));

        Assert.Equal(
            TimeSpan.FromMinutes(3),
            (await host.Services.GetRequiredService<IBufferInspector>().GetSnapshotAsync("orders")).Total.OldestAge
        );

        var batch = await host.Services.GetRequiredService<IBufferConsumer>().GetBatchAsync("orders", "store", new(1));
        await host.Services.GetRequiredService<IBufferConsumer>().CompleteAsync("orders", "store", batch.Id);
        await host.StopAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task Records_in_a_journal_are_restored_when_the_host_restarts()
    {
        using var database = new SqliteDatabase();
        for (var run = 1; run <= 2; run++)
        {
            using var host = await StartAsync(akka =>
                akka.AddHocon(database.Hocon, HoconAddMode.Prepend).WithConveyorJournal()
            );
            var buffers = host.Services.GetRequiredService<IBufferService>();
            Assert.True(buffers.IsDurable);

            var offer = await buffers
                .BufferForStageAsync("orders", "store", "web", new($"{run}", default), AckLevel.Persisted)
                .AsTask()
                .WaitAsync(Patience);
            Assert.True(offer.IsAccepted, offer.Status.ToString());
            Assert.Equal(
                Enumerable.Range(1, run).Select(i => $"{i}"),
                (await buffers.PeekAsync("orders", "store", 10)).Select(record => record.Record.Id)
            );
            await host.StopAsync().WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task Pipelines_are_placed_on_the_nodes_of_a_cluster()
    {
        using var database = new SqliteDatabase();
        using var host = await StartAsync(akka =>
            akka.AddHocon(database.Hocon, HoconAddMode.Prepend)
                .WithConveyorJournal()
                .WithConveyorSharding(options => (options.Shards, options.SourceBudgets["web"]) = (10, 1))
                .WithActors(
                    static (system, _) =>
                        Akka.Cluster.Cluster.Get(system).Join(Akka.Cluster.Cluster.Get(system).SelfAddress)
                )
        );
        var settings = ConveyorSystem.Get(host.Services.GetRequiredService<ActorSystem>()).Settings.Cluster;
        Assert.Equal((true, 10, 1), (settings.IsEnabled, settings.Shards, settings.SourceBudgets["web"]));

        var offer = await host
            .Services.GetRequiredService<IBufferProducer>()
            .BufferForStageAsync("orders", "store", "phone", new("1", default))
            .AsTask()
            .WaitAsync(Patience);

        Assert.True(offer.IsAccepted, offer.Status.ToString());
        await host.StopAsync().WaitAsync(Patience);
    }

    sealed class Gate(TaskCompletionSource entered, Task opened)
    {
        int handled;

        public int Handled => Volatile.Read(ref handled);

        public async ValueTask PassAsync()
        {
            entered.TrySetResult();
            await opened.WaitAsync(Patience);
            Interlocked.Increment(ref handled);
        }
    }

    sealed class Gated(Gate gate) : BufferConsumer
    {
        protected override ValueTask HandleAsync(
            BufferedRecord<ConveyorRecord> record,
            CancellationToken cancellationToken
        ) => gate.PassAsync();
    }

    sealed class Discarding : BufferConsumer
    {
        protected override ValueTask HandleAsync(
            BufferedRecord<ConveyorRecord> record,
            CancellationToken cancellationToken
        ) => default;
    }
}
