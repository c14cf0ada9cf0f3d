using System.Text;
using Akka.Actor;
using Akka.Configuration;
using ConveyorActors.Actors;
using ConveyorActors.Storage.Crasher;

// Offers numbered records to a pipeline in a journal and settles some of them, saying on standard output what it is about to do and what it has a receipt for, until it is
// killed: see Crew. Arguments: a file with the configuration, a seed, and for each source the first number to offer.
const string pipeline = "crash";
using var output = Console.OpenStandardOutput();
var system = ActorSystem.Create("crasher", ConfigurationFactory.ParseString(await File.ReadAllTextAsync(args[0])));
var service = ConveyorSystem.Get(system).Service;
await service.ConfigureAsync(pipeline, Crew.Settings);
Say("ready");
await new Crew(service, pipeline, int.Parse(args[1]), Say, () => "the journal fails").WorkAsync(args.Skip(2).Select(long.Parse));
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
