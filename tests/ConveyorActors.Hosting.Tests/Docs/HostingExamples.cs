// DOCS: hosting usings
using System.Collections.Concurrent;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Hosting;
using ConveyorActors.Hosting.Consuming;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
// END

namespace ConveyorActors.Hosting.Tests.Docs;

/// <summary>The C# code of docs/Hosting.md, compiled and run.</summary>
public class HostingExamples
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_host_runs_buffers_a_producer_and_a_consumer()
    {
        var written = new ConcurrentQueue<string>();
        string[] args = [];

        // DOCS: a host
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddConveyor(options =>
        {
            options.Pipelines["orders"] = new()
            {
                MaxPerStage = 5_000,
                Stage = { MaxRetries = 5 },
                Stages = { ["store"] = new() { LeaseTimeout = TimeSpan.FromMinutes(1) } },
            };
        });
        builder.Services.AddBufferConsumer<OrderWriter>("orders", "store", options => options.Workers = 2);
        builder.Services.AddHealthChecks().AddConveyor();
        // END
        builder.Services.AddSingleton(written);
        using IHost host = builder.Build();
        await host.StartAsync().WaitAsync(Patience);

        var orders = ActivatorUtilities.CreateInstance<OrderIntake>(host.Services);
        Assert.True(await orders.TakeAsync(new ConveyorRecord("order-17", "17;42.50"u8.ToArray()), default));
        Assert.True(await orders.TakeAsync(new ConveyorRecord("", default), default));
        await host.StopAsync().WaitAsync(Patience);

        Assert.Equal(["order-17"], written);
        var letters = await host.Services.GetRequiredService<IBufferInspector>().GetDeadLettersAsync("orders", "store", 10);
        Assert.Equal("it has no id", Assert.Single(letters).LastError);
    }

    // DOCS: a producer
    sealed class OrderIntake([FromKeyedServices("orders")] IBufferProducer orders)
    {
        public async Task<bool> TakeAsync(ConveyorRecord order, CancellationToken cancellationToken)
        {
            OfferResult offer = await orders.BufferForStageAsync("orders", "store", source: "web", order, cancellationToken: cancellationToken);
            return offer.IsAccepted || offer.Status == OfferStatus.Duplicate;   // false: full or stopping; the caller keeps the order
        }
    }
    // END

    // DOCS: a consumer
    sealed class OrderWriter(ConcurrentQueue<string> table) : BufferConsumer
    {
        protected override ValueTask HandleAsync(BufferedRecord<ConveyorRecord> record, CancellationToken cancellationToken)
        {
            if (record.Record.Id == "") throw new DeadLetterException("it has no id");  // never retried
            table.Enqueue(record.Record.Id);                                            // throws: retried after a backoff
            return default;                                                             // returns: completed
        }
    }
    // END

    // DOCS: a batch consumer
    sealed class OrderPricer : BufferBatchConsumer
    {
        protected override async ValueTask HandleAsync(ConsumerBatch batch, CancellationToken cancellationToken)
        {
            var unpriced = batch.Records.Where(record => record.Record.Payload.IsEmpty).ToList();
            await batch.DeadLetterAsync(unpriced, "it has no price", cancellationToken);

            var priced = batch.Records.Except(unpriced).ToList();
            ConveyorRecord[] results = [.. priced.Select(record => record.Record with { Key = "priced" })];
            await batch.HopAsync(priced, "store", results, cancellationToken);          // completed here and offered there, atomically
        }                                                                               // the other records are completed; throws: they are leased again
    }
    // END

    [Fact]
    public async Task A_batch_consumer_transfers_records_to_the_next_stage()
    {
        await using var run = await HostRun.StartAsync(services => services.AddConveyor().AddBufferConsumer<OrderPricer>("orders", "price", options => options.OneSource = true));
        var records = new ConveyorRecord[] { new("1", "10"u8.ToArray()), new("2", default), new("3", "30"u8.ToArray()) };
        await run.Buffers.BufferBatchForStageAsync("orders", "price", "web", records);
        await run.UntilAsync(snapshot => snapshot.Total is { Completed: 2, DeadLettered: 1, Buffered: 2 });

        Assert.Equal(["1", "3"], (await run.Buffers.PeekAsync("orders", "store", 10)).Select(record => record.Record.Id));
    }

    [Fact]
    public void Metrics_and_traces()
    {
        // DOCS: instrumentation
        using MeterProvider metrics = Sdk.CreateMeterProviderBuilder().AddConveyorInstrumentation().Build();
        using TracerProvider traces = Sdk.CreateTracerProviderBuilder().AddConveyorInstrumentation().Build();
        // END
        Assert.NotNull(metrics);
        Assert.NotNull(traces);
    }
}
