// DOCS: akka hosting usings
using Akka.Hosting;
using ConveyorActors.AkkaHosting;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
// END
using ConveyorActors.Persistence.Tests.Journals;
using ConveyorActors.Cluster.Joining;

namespace ConveyorActors.AkkaHosting.Tests.Docs;

/// <summary>The C# code of docs/Hosting.md that needs Akka.NET, compiled and run.</summary>
public sealed class AkkaHostingExamples
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_actor_system_with_buffers_in_a_cluster_with_a_journal()
    {
        using var database = new SqliteDatabase();
        string[] args = [];
        var hocon = database.Hocon + """

            akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            """;

        // DOCS: akka hosting
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddConveyorActors();                       // the port and its parts, over actors; options from the section Conveyor
        builder.Services.AddAkka("shop", (akka, container) => akka
            .AddHocon(hocon, HoconAddMode.Prepend)                  // the journal, addresses, seed nodes: as for any actor system
            .WithConveyor(container)                                // starts the buffers, with the options of the container
            .WithConveyorJournal()                                  // records are kept in the default journal
            .WithConveyorSharding(options => options.Shards = 50)); // pipelines are placed on the nodes of the cluster
        // END
        builder.Services.AddConveyorActors(options => options.StopDeadline = TimeSpan.Zero);
        using IHost host = builder.Build();
        await host.StartAsync().WaitAsync(Patience);
        var system = host.Services.GetRequiredService<Akka.Actor.ActorSystem>();
        var cluster = Akka.Cluster.Cluster.Get(system);
        cluster.Join(cluster.SelfAddress);
        // On a machine that is busy with other tests, the start of the journal takes longer than an offer may wait.
        await ClusterAgreement.WhenAgreedAsync(system).WaitAsync(Patience);

        OfferResult offer = await host.Services.GetRequiredService<IBufferProducer>()
            .BufferForStageAsync("orders", "store", "web", new ConveyorRecord("order-17", default), AckLevel.Persisted).AsTask().WaitAsync(Patience);

        Assert.True(offer.IsAccepted, offer.Status.ToString());
        await host.StopAsync().WaitAsync(Patience);
    }
}
