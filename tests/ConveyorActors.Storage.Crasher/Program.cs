using System.Text;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage;
using ConveyorActors.Storage.Crasher;

// Offers numbered records to a data directory and settles some of them, saying on standard output what it is about to
// do and what was acknowledged, until it is killed: see Crew. Or, when the directory cannot be opened: refused REASON,
// and the exit code is 3. Arguments: the directory, a seed, and for each source the first number to offer.
var (path, seed) = (args[0], int.Parse(args[1]));
const string pipeline = "crash";
using var output = Console.OpenStandardOutput();
DataDirectory directory;
try
{
    directory = DataDirectory.Open(path, new() { CheckpointBytes = seed % 3 == 0 ? 64 << 10 : 32 << 20 });
}
catch (StorageException refused)
{
    Say($"refused {refused.Message}");
    return 3;
}
foreach (var finding in directory.Findings)
    Say($"finding {finding}");
var service = new EmbeddedBufferService(null, directory);
await service.ConfigureAsync(pipeline, Crew.Settings);
Say("ready");
await new Crew(service, pipeline, seed, Say, () => directory.Failure).WorkAsync(args.Skip(2).Select(long.Parse));
return 0;

void Say(string line)
{
    var bytes = Encoding.UTF8.GetBytes(line + "\n");
    lock (output)
    {
        output.Write(bytes);
        output.Flush();
    }
}
