global using ConveyorActors.Buffers;
global using ConveyorActors.Buffers.Flow;
global using ConveyorActors.Buffers.Service;
