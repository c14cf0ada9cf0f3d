using ConveyorActors.Buffers.Cores;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Storage.Tests;

/// <summary>What keeps buffers can be disposed by code that knows no asynchronous disposal, on any thread.</summary>
public sealed class SynchronousDisposeTests
{
    [Fact]
    public void Every_type_that_owns_buffers_can_be_disposed_synchronously()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("conveyor-dispose-").FullName;
        var before = SynchronizationContext.Current;
        try
        {
            // As on the thread of a user interface: nothing that is posted here runs while the thread waits.
            SynchronizationContext.SetSynchronizationContext(new NeverRuns());
            var manager = new BufferManager<string>();
            manager.BufferForStage("parse", "file", "1");
            manager.Dispose();
            Assert.Equal(OfferStatus.Draining, manager.BufferForStage("parse", "file", "2").Status);
            manager.Dispose();

            var cores = new CoreBuffers<string>(static (_, _, _) => default, new CoreBuffersSettings());
            cores.Start();
            cores.Enqueue("1");
            cores.Dispose();
            Assert.Equal(EnqueueStatus.NotStarted, cores.Enqueue("2"));

            for (var i = 0; i < 2; i++)
            {
                // Opens again only if the first one has let go of it.
                using var directory = DataDirectory.Open(folder);
                using var service = new EmbeddedBufferService(null, directory);
                Assert.Equal(i, service.GetManager("orders").GetSnapshot().Total.Pending);
                service.GetManager("orders").BufferForStage("store", "web", new("1", default));
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    sealed class NeverRuns : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) { }
    }
}
