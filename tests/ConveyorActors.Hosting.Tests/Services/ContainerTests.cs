using System.Reflection;
using ConveyorActors.Hosting.Services;

namespace ConveyorActors.Hosting.Tests.Services;

/// <summary>What the container gives: the port, each of its parts, and the parts of one pipeline.</summary>
public sealed class ContainerTests
{
    public static TheoryData<Type> Parts() =>
        [
            typeof(IBufferService),
            typeof(IBufferProducer),
            typeof(IBufferConsumer),
            typeof(IBufferInspector),
            typeof(IBufferAdministrator),
            typeof(ICheckpointStore),
            typeof(IOperatorHolds),
        ];

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Each_part_of_the_port_resolves_and_is_the_same_service(Type part)
    {
        await using var container = new ServiceCollection()
            .AddConveyor()
            .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = false, ValidateScopes = true });

        Assert.Same(container.GetRequiredService<IBufferService>(), container.GetRequiredService(part));
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_part_of_one_pipeline_is_resolved_by_its_name(Type part)
    {
        await using var container = new ServiceCollection().AddConveyor().BuildServiceProvider();

        var orders = container.GetRequiredKeyedService(part, "orders");

        Assert.Same(orders, container.GetRequiredKeyedService(part, "orders"));
        Assert.NotSame(orders, container.GetRequiredKeyedService(part, "clicks"));
        Assert.Throws<ArgumentException>(() => container.GetRequiredKeyedService(part, ""));
        Assert.Equal(
            "The key of a buffer service is 7; it must be the name of a pipeline.",
            Assert.Throws<InvalidOperationException>(() => container.GetRequiredKeyedService(part, 7)).Message
        );
    }

    [Fact]
    public async Task A_service_of_one_pipeline_forwards_every_call_and_refuses_other_pipelines()
    {
        var (service, calls) = CallLog.Create();
        await using var orders = new BorrowedBufferService(service, "orders");
        var methods = new[]
        {
            typeof(IBufferProducer),
            typeof(IBufferConsumer),
            typeof(IBufferInspector),
            typeof(IBufferAdministrator),
            typeof(ICheckpointStore),
            typeof(IOperatorHolds),
        }
            .SelectMany(part => part.GetMethods())
            .Where(method => method.IsPublic && method.GetParameters() is [{ Name: "pipeline" }, ..])
            .ToList();
        Assert.True(methods.Count > 30);
        foreach (var method in methods)
        {
            var arguments = method
                .GetParameters()
                .Select((parameter, i) => i == 0 ? "orders" : Some(parameter.ParameterType))
                .ToArray();

            method.Invoke(orders, arguments);
            var (called, given) = calls.Last();
            Assert.Equal(method, called);
            Assert.Equal(arguments, given);

            arguments[0] = "clicks";
            var count = calls.Count;
            var refusal = Assert.IsType<ArgumentException>(
                Assert.Throws<TargetInvocationException>(() => method.Invoke(orders, arguments)).InnerException
            );
            Assert.StartsWith(
                "pipeline is 'clicks'; this service was resolved with the key 'orders' and serves that pipeline only.",
                refusal.Message,
                StringComparison.Ordinal
            );
            Assert.Equal(count, calls.Count);
        }
    }

    [Fact]
    public async Task A_service_of_one_pipeline_lists_that_pipeline_only()
    {
        await using var run = await HostRun.StartAsync(
            services => services.AddConveyor(),
            ("Conveyor:Pipelines:orders:MaxPerStage", "5"),
            ("Conveyor:Pipelines:clicks:MaxPerStage", "5")
        );

        Assert.Equal(
            ["orders"],
            await run.Services.GetRequiredKeyedService<IBufferInspector>("orders").GetPipelinesAsync()
        );
        Assert.Empty(await run.Services.GetRequiredKeyedService<IBufferInspector>("unused").GetPipelinesAsync());
    }

    [Fact]
    public void A_container_that_is_disposed_synchronously_disposes_the_buffers()
    {
        var container = new ServiceCollection().AddConveyor().BuildServiceProvider();
        var service = container.GetRequiredService<IBufferService>();
        _ = container.GetRequiredKeyedService<IBufferProducer>("orders");

        container.Dispose();

        Assert.Throws<ObjectDisposedException>(() =>
        {
            _ = service.BufferForStageAsync("orders", "parse", "web", new("1", default));
        });
    }

    [Fact]
    public async Task A_second_call_adds_options_and_no_second_service()
    {
        await using var run = await HostRun.StartAsync(services =>
            services
                .AddConveyor(options => options.Pipelines["orders"] = new() { MaxPerStage = 5 })
                .AddConveyor(options => options.Pipelines["clicks"] = new() { MaxPerStage = 6 })
        );

        Assert.Single(run.Services.GetServices<IBufferService>());
        Assert.Equal(["clicks", "orders"], await run.Buffers.GetPipelinesAsync());
    }

    [Fact]
    public async Task Records_in_a_data_directory_are_restored_at_the_next_start()
    {
        var directory = Directory.CreateTempSubdirectory("conveyor-hosting-").FullName;
        try
        {
            await using (
                var run = await HostRun.StartAsync(
                    services => services.AddConveyor(),
                    ("Conveyor:DataDirectory", directory)
                )
            )
            {
                Assert.True(run.Buffers.IsDurable);
                await run.OfferAsync("store", "web", "1", "2");
                await run.StopAsync();
            }
            await using (
                var run = await HostRun.StartAsync(
                    services => services.AddConveyor(),
                    ("Conveyor:DataDirectory", directory)
                )
            )
            {
                Assert.Equal(
                    ["1", "2"],
                    (await run.Buffers.PeekAsync("orders", "store", 10)).Select(record => record.Record.Id)
                );
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData("5000", 5_000)]
    [InlineData(null, 64 << 20)]
    public async Task The_bytes_in_memory_are_bounded_as_the_option_says(string? option, long expected)
    {
        var directory = Directory.CreateTempSubdirectory("conveyor-hosting-").FullName;
        try
        {
            await using var run = await HostRun.StartAsync(
                services => services.AddConveyor(),
                ("Conveyor:DataDirectory", directory),
                ("Conveyor:MaxInMemoryBytes", option)
            );

            var store = run.Services.GetRequiredService<EmbeddedBuffers>().Directory!.GetStore("orders");

            Assert.Equal(expected, store.MaxInMemoryBytes);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_host_that_stops_accepts_nothing_for_a_new_pipeline()
    {
        await using var run = await HostRun.StartAsync(services =>
            services.AddConveyor(options => options.StopDeadline = TimeSpan.FromMinutes(1))
        );
        await run.OfferAsync("parse", "web", "1");
        var lease = await run.Buffers.GetBatchAsync("orders", "parse", new(1));
        var stopping = run.StopAsync();
        await run.UntilAsync(snapshot => snapshot.State == "Draining");

        var offer = await run.Buffers.BufferForStageAsync("new", "parse", "web", new ConveyorRecord("1", default));

        Assert.Equal(OfferStatus.Draining, offer.Status);
        await run.Buffers.CompleteAsync("orders", "parse", lease.Id);
        await stopping;
    }

    [Fact]
    public async Task A_data_directory_that_is_in_use_stops_the_start()
    {
        var directory = Directory.CreateTempSubdirectory("conveyor-hosting-").FullName;
        try
        {
            await using var first = await HostRun.StartAsync(
                services => services.AddConveyor(),
                ("Conveyor:DataDirectory", directory)
            );
            await using var second = HostRun.Build(
                services => services.AddConveyor(),
                ("Conveyor:DataDirectory", directory)
            );

            var failure = await Assert.ThrowsAsync<Storage.StorageException>(second.StartAsync);
            Assert.Contains(directory, failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task The_clock_of_the_container_is_the_clock_of_the_buffers()
    {
        var clock = new FakeClock();
        await using var run = await HostRun.StartAsync(services =>
            services.AddSingleton<TimeProvider>(clock).AddConveyor()
        );
        await run.OfferAsync("store", "web", "1");
        clock.Advance(TimeSpan.FromMinutes(3));

        Assert.Equal(TimeSpan.FromMinutes(3), (await run.Buffers.GetSnapshotAsync("orders")).Total.OldestAge);
    }

    static object? Some(Type type) =>
        type switch
        {
            _ when type == typeof(string) => "text",
            _ when type == typeof(ConveyorRecord) => new ConveyorRecord("1", default),
            _ when type == typeof(BufferSettings) => new BufferSettings(),
            _ when type == typeof(StageSettings) => new StageSettings(),
            _ when type.IsValueType => Activator.CreateInstance(type),
            _ => null,
        };

    /// <summary>A service that notes its calls.</summary>
    class CallLog : DispatchProxy
    {
        readonly List<(MethodInfo Method, object?[] Arguments)> calls = [];

        public static (IBufferService Service, List<(MethodInfo Method, object?[] Arguments)> Calls) Create()
        {
            var service = DispatchProxy.Create<IBufferService, CallLog>();
            return (service, ((CallLog)(object)service).calls);
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments)
        {
            calls.Add((method!, arguments!));
            return method!.ReturnType.IsValueType ? Activator.CreateInstance(method.ReturnType) : null;
        }
    }
}
