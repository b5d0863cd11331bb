package office

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"

	"kioskd/daemon/office/protocol"
)

// schemas are the JSON schemas of a verb's bodies, for the metadata of its
// endpoint: the line of request and response, that of an answer that says no, and
// question and answer as they are sealed behind the line.
func schemas(v protocol.Verb) (map[string]string, error) {
	bodies := map[string]reflect.Type{"error": reflect.TypeFor[protocol.ErrorAnswer]()}
	switch v {
	case protocol.LoginBegin:
		bodies["question"], bodies["answer"] = reflect.TypeFor[protocol.BeginAsk](), reflect.TypeFor[protocol.BeginAnswer]()
	case protocol.LoginFinish:
		bodies["question"], bodies["answer"] = reflect.TypeFor[protocol.FinishAsk](), reflect.TypeFor[protocol.FinishAnswer]()
	case protocol.AskOffer:
		bodies["question"], bodies["answer"] = reflect.TypeFor[protocol.OfferAsk](), reflect.TypeFor[protocol.OfferAnswer]()
	case protocol.AskOrder:
		bodies["question"], bodies["answer"] = reflect.TypeFor[protocol.OrderAsk](), reflect.TypeFor[protocol.OrderAnswer]()
	case protocol.AskSheet:
		bodies["question"] = reflect.TypeFor[protocol.SheetAsk]() // its answer is a chunk
	case protocol.ResetBegin:
		bodies["question"], bodies["answer"] = reflect.TypeFor[protocol.ResetBeginAsk](), reflect.TypeFor[protocol.ResetBeginAnswer]()
	case protocol.ResetAuthorise:
		bodies["question"], bodies["answer"] = reflect.TypeFor[protocol.ResetAuthoriseAsk](), reflect.TypeFor[protocol.ResetAuthoriseAnswer]()
	case protocol.ResetDone:
		bodies["question"], bodies["answer"] = reflect.TypeFor[protocol.ResetDoneAsk](), reflect.TypeFor[protocol.ResetDoneAnswer]()
	}
	// Bytes travel as base64.
	options := &jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[[]byte](): {Type: "string", ContentEncoding: "base64"},
	}}
	texts := make(map[string]string, len(bodies)+2)
	all := map[string]*jsonschema.Schema{
		"request":  {Type: "string", Pattern: protocol.AskLine, Description: "a newline and the sealed question follow"},
		"response": {Type: "string", Pattern: protocol.AnswerLine, Description: "a newline and the sealed answer follow"},
	}
	for name, body := range bodies {
		s, err := jsonschema.ForType(body, options)
		if err != nil {
			return nil, fmt.Errorf("office: schema of %s: %w", v, err)
		}
		all[name] = s
	}
	for name, s := range all {
		text, err := json.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("office: schema of %s: %w", v, err)
		}
		texts[name] = string(text)
	}
	return texts, nil
}
