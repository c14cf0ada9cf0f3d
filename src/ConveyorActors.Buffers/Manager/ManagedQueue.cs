using System.Runtime.CompilerServices;
using ConveyorActors.Buffers.Stages;

namespace ConveyorActors.Buffers.Manager;

/// <summary>
/// Accesses the manager's data of a queue. A stage knows no type of the manager, so the queue stores them as objects.
/// </summary>
/// <remarks>Only this class sets these objects, so the casts need no check.</remarks>
static class ManagedQueue
{
    extension(SourceQueue queue)
    {
        /// <summary>Gets or sets the source; null in a stage without a manager.</summary>
        public SourceState? Source
        {
            get => Unsafe.As<SourceState?>(queue.SourceState);
            set => queue.SourceState = value;
        }

        /// <summary>Gets or sets the first of the source's waiters for room at the stage.</summary>
        public RoomWaiter? FirstWaiter
        {
            get => Unsafe.As<RoomWaiter?>(queue.FirstRoomWaiter);
            set => queue.FirstRoomWaiter = value;
        }

        /// <summary>Gets or sets the last of the source's waiters for room at the stage.</summary>
        public RoomWaiter? LastWaiter
        {
            get => Unsafe.As<RoomWaiter?>(queue.LastRoomWaiter);
            set => queue.LastRoomWaiter = value;
        }
    }
}
