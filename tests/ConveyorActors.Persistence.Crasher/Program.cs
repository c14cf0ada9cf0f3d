using System.Text;
using Akka.Actor;
using Akka.Configuration;
using ConveyorActors.Actors;
using ConveyorActors.Buffers;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Storage.Crasher;

// Offers numbered records to pipelines in a journal and settles some of them, saying on standard output what it is
// about to do and what was acknowledged, until it is killed: see Crew. Argument: a file with the configuration. It says
// "ready" and waits for a line on standard input: a seed, and for each pipeline the first number to offer of each
// source, such as "7 1,1,1 1,12,4". Each line it says begins with the number of its pipeline.
using var output = Console.OpenStandardOutput();
var system = ActorSystem.Create("crasher", ConfigurationFactory.ParseString(await File.ReadAllTextAsync(args[0])));
var service = ConveyorSystem.Get(system).Service;

// A first pipeline takes the start of the journal's plugin and of its code upon itself, so that the others begin at
// once.
var first = $"first{Environment.ProcessId}";
if (!(await service.BufferForStageAsync(first, "one", "s0", new("r", new byte[1]), AckLevel.Persisted)).IsAccepted)
    return 1;
var lease = await service.GetBatchAsync(first, "one", new BatchRequest(1));
await service.HopAsync(first, "one", lease.Id, null, "two", new[] { lease.Records[0].Record });
await service.FlushAsync(first);
Say("ready");
if (await Console.In.ReadLineAsync() is not { } order)
    return 1;
var words = order.Split(' ');
var seed = int.Parse(words[0]);
await await Task.WhenAny(words.Skip(1).Select((numbers, i) => WorkAsync(i, numbers.Split(',').Select(long.Parse))));
return 0;

async Task WorkAsync(int number, IEnumerable<long> next)
{
    var pipeline = $"crash{number}";
    await service.ConfigureAsync(pipeline, Crew.Settings);
    await new Crew(
        service,
        pipeline,
        seed + number,
        line => Say($"{number} {line}"),
        () => "the journal fails"
    ).WorkAsync(next);
}

void Say(string line)
{
    var bytes = Encoding.UTF8.GetBytes(line + "\n");
    lock (output)
    {
        output.Write(bytes);
        output.Flush();
    }
}
